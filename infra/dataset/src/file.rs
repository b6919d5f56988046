//! Rows put together by the headings of their columns.

use domain::import::{Cell, ImportKind};
use jiff::civil::{Date, date};
use sheet::Sheet;

/// The day that every file tells as its creation.
const CREATED: Date = date(2026, 8, 1);

/// A cell of text.
pub(crate) fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

/// A cell of a number.
pub(crate) fn number(number: impl std::fmt::Display) -> Cell {
    Cell::Number(format!("{number}"))
}

/// A sheet of rows, each a list of headings with their cells; what is not named stays empty.
pub(crate) fn sheet(kind: ImportKind, rows: impl IntoIterator<Item = Vec<(&'static str, Cell)>>) -> Sheet {
    let mut sheet = sheet::template(kind, CREATED);
    sheet.rows = rows
        .into_iter()
        .map(|mut row| {
            kind.columns()
                .iter()
                .map(|column| {
                    let found = row.iter().position(|(title, _)| *title == column.title);
                    found.map_or(Cell::Empty, |at| row.swap_remove(at).1)
                })
                .collect()
        })
        .collect();
    sheet
}
