//! Writing (写出): XLSX whose texts stay texts, and CSV that no sheet takes for a formula.

use std::collections::BTreeMap;

use domain::import::{Cell, ImportKind, RowError, Table};
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{
    DataValidation, DocProperties, ExcelDateTime, Format as CellFormat, Workbook, Worksheet, XlsxError,
};

use crate::SheetError;
use crate::read::FORMULA_STARTS;

/// The heading of the column that says what is wrong in a file given back.
pub const REASON_HEADING: &str = "错误原因";

/// Rows of a template or list whose cells offer their choices.
const CHOICE_ROWS: u32 = 5_000;

/// A column of a sheet to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// What stands in the first row.
    pub title: String,
    /// Whether its cells are formatted as text, so that numbers typed into them stay as typed.
    pub text: bool,
    /// What its cells may hold, offered as a list; empty: anything.
    pub choices: Vec<String>,
    /// Its width in characters.
    pub width: u16,
}

impl Heading {
    /// A column of texts.
    pub fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), text: true, choices: Vec::new(), width: 16 }
    }

    /// A column of numbers or days.
    pub fn plain(title: impl Into<String>) -> Self {
        Self { text: false, ..Self::text(title) }
    }
}

/// A sheet to write: headings, then rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The name on its tab.
    pub name: String,
    /// The day it tells as its creation; the same sheet is the same bytes.
    pub created: Date,
    /// Its columns.
    pub headings: Vec<Heading>,
    /// Its rows, each in the order of the columns.
    pub rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// A list taken out: columns of texts, so that an identifier stays as it is.
    pub fn list(name: &str, day: Date, titles: &[&str], rows: Vec<Vec<Cell>>) -> Self {
        let headings = titles.iter().map(|title| Heading::text(*title)).collect();
        Self { name: name.to_owned(), created: day, headings, rows }
    }
}

/// An empty sheet with the columns of a kind of import, to be filled in.
pub fn template(kind: ImportKind, created: Date) -> Sheet {
    let headings = kind.columns().iter().map(|column| Heading {
        choices: column.choices.iter().map(|choice| (*choice).to_owned()).collect(),
        width: if column.text { 24 } else { 14 },
        text: column.text,
        title: column.title.to_owned(),
    });
    Sheet { name: kind.chinese().to_owned(), created, headings: headings.collect(), rows: Vec::new() }
}

/// The file as it came, with a first column that says what is wrong with each row.
pub fn returned(table: &Table, errors: &[RowError], created: Date) -> Sheet {
    let mut reasons: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for error in errors {
        reasons.entry(error.row).or_default().push(error.to_string());
    }
    let Some((heading, rows)) = table.split() else {
        return Sheet { name: "导入".to_owned(), created, headings: Vec::new(), rows: Vec::new() };
    };
    // A file that was given back once has the column already.
    let skipped = usize::from(heading.cell(0).to_string() == REASON_HEADING);
    let mut headings = vec![Heading { width: 48, ..Heading::text(REASON_HEADING) }];
    headings.extend(heading.cells.iter().enumerate().skip(skipped).map(|(column, title)| {
        let dated = rows.iter().any(|row| matches!(row.cell(column), Cell::Date(_)));
        let title = title.to_string();
        if dated { Heading::plain(title) } else { Heading::text(title) }
    }));
    let rows = rows
        .iter()
        .map(|row| {
            let reason = reasons.get(&row.number).map_or(Cell::Empty, |reasons| Cell::Text(reasons.join(";")));
            std::iter::once(reason).chain(row.cells.iter().skip(skipped).cloned()).collect()
        })
        .collect();
    Sheet { name: "导入".to_owned(), created, headings, rows }
}

/// Writes a workbook of one sheet.
pub fn write_xlsx(sheet: &Sheet) -> Result<Vec<u8>, SheetError> {
    book(sheet).map_err(|_unwritable| SheetError::Unwritable)
}

fn book(sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let created = sheet.created;
    let day = ExcelDateTime::from_ymd(
        u16::try_from(created.year()).unwrap_or(1900),
        u8::try_from(created.month()).unwrap_or(1),
        u8::try_from(created.day()).unwrap_or(1),
    )?;
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&day));
    let page = book.add_worksheet();
    page.set_name(&sheet.name)?;
    page.set_freeze_panes(1, 0)?;
    let title_format = CellFormat::new().set_bold();
    for (column, heading) in (0u16..).zip(&sheet.headings) {
        put_heading(page, column, heading)?;
        page.write_string_with_format(0, column, &heading.title, &title_format)?;
    }
    let formats = Formats {
        day: CellFormat::new().set_num_format("yyyy-mm-dd"),
        moment: CellFormat::new().set_num_format("yyyy-mm-dd hh:mm"),
        text: CellFormat::new().set_num_format("@"),
    };
    for (row, cells) in (1u32..).zip(&sheet.rows) {
        for (column, cell) in (0u16..).zip(cells) {
            put(page, row, column, cell, &formats)?;
        }
    }
    book.save_to_buffer()
}

struct Formats {
    day: CellFormat,
    moment: CellFormat,
    text: CellFormat,
}

fn put_heading(page: &mut Worksheet, column: u16, heading: &Heading) -> Result<(), XlsxError> {
    page.set_column_width(column, heading.width)?;
    if heading.text {
        page.set_column_format(column, &CellFormat::new().set_num_format("@"))?;
    }
    if !heading.choices.is_empty() {
        let choices = DataValidation::new().allow_list_strings(&heading.choices)?;
        page.add_data_validation(1, column, CHOICE_ROWS, column, &choices)?;
    }
    Ok(())
}

fn put(page: &mut Worksheet, row: u32, column: u16, cell: &Cell, formats: &Formats) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) | Cell::Broken(text) => {
            page.write_string_with_format(row, column, text, &formats.text)?;
        }
        Cell::Number(number) => {
            match number.parse::<Decimal>().ok().and_then(|number| number.to_f64()) {
                Some(value) => page.write_number(row, column, value)?,
                None => page.write_string(row, column, number)?,
            };
        }
        Cell::Bool(yes) => {
            page.write_boolean(row, column, *yes)?;
        }
        Cell::Date(moment) => {
            let midnight = moment.time() == jiff::civil::Time::midnight();
            let format = if midnight { &formats.day } else { &formats.moment };
            page.write_datetime_with_format(row, column, &excel_moment(*moment)?, format)?;
        }
    }
    Ok(())
}

fn excel_moment(moment: DateTime) -> Result<ExcelDateTime, XlsxError> {
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(moment.year()).unwrap_or_default();
    ExcelDateTime::from_ymd(year, small(moment.month()), small(moment.day()))?.and_hms(
        u16::from(small(moment.hour())),
        small(moment.minute()),
        small(moment.second()),
    )
}

/// Writes comma-separated text that Excel opens as it is meant: UTF-8 with its mark, CRLF, and an apostrophe before
/// every text that could run as a formula.
pub fn write_csv(sheet: &Sheet) -> Result<Vec<u8>, SheetError> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(b"\xEF\xBB\xBF".to_vec());
    let headings = sheet.headings.iter().map(|heading| guarded(&heading.title)).collect();
    let rows = sheet.rows.iter().map(|row| row.iter().map(csv_field).collect());
    for fields in std::iter::once::<Vec<String>>(headings).chain(rows) {
        writer.write_record(&fields).map_err(|_unwritable| SheetError::Unwritable)?;
    }
    writer.into_inner().map_err(|_unwritable| SheetError::Unwritable)
}

fn csv_field(cell: &Cell) -> String {
    match cell {
        // A number is no formula, whatever its sign.
        Cell::Number(number) => number.clone(),
        Cell::Text(text) => guarded(text),
        Cell::Empty | Cell::Date(_) | Cell::Bool(_) | Cell::Broken(_) => guarded(&cell.to_string()),
    }
}

fn guarded(text: &str) -> String {
    if text.starts_with(FORMULA_STARTS) { format!("'{text}") } else { text.to_owned() }
}
