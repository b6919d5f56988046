//! Reading (读取): the first visible sheet of an XLSX, or a CSV in UTF-8 or GB18030, as rows of text.

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx};
use domain::import::{Cell, Row, Table};
use jiff::civil::DateTime;
use rust_decimal::Decimal;

use crate::{Limits, SheetError};

/// First bytes of a zip.
const ZIP: &[u8] = b"PK\x03\x04";

/// First bytes of the old binary container, which also holds sheets with a password.
const OLE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// Characters with which a formula may start, ASCII and full-width; see [`crate::write_csv`].
pub(crate) const FORMULA_STARTS: [char; 10] =
    ['=', '+', '-', '@', '\t', '\r', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'];

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A workbook.
    Xlsx,
    /// Comma-separated text.
    Csv,
}

/// What a file is, by its first bytes.
pub fn format(bytes: &[u8]) -> Result<Format, SheetError> {
    match bytes {
        _ if bytes.starts_with(ZIP) => Ok(Format::Xlsx),
        _ if bytes.starts_with(OLE) => Err(SheetError::Legacy),
        // No text holds a zero byte.
        _ if bytes.contains(&0) => Err(SheetError::Unknown),
        _ => Ok(Format::Csv),
    }
}

/// Reads a file within `limits`.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Table, SheetError> {
    if bytes.len() > limits.file_bytes {
        return Err(SheetError::TooLarge { limit_mb: limits.file_bytes >> 20 });
    }
    let table = match format(bytes)? {
        Format::Xlsx => {
            limits.walk(bytes)?;
            read_xlsx(bytes, limits)?
        }
        Format::Csv => read_csv(bytes, limits)?,
    };
    if table.rows.is_empty() { Err(SheetError::Empty) } else { Ok(table) }
}

/// A table as it grows, cell by cell in order of rows.
struct Growing<'a> {
    limits: &'a Limits,
    table: Table,
    text_bytes: usize,
}

impl<'a> Growing<'a> {
    fn new(limits: &'a Limits) -> Self {
        Self { limits, table: Table::default(), text_bytes: 0 }
    }

    /// Refuses a text before it is copied.
    fn admit(&mut self, row: u32, text: &str) -> Result<(), SheetError> {
        self.text_bytes = self.text_bytes.saturating_add(text.len());
        // A character has at most four bytes: only a suspicious text is counted.
        let long = text.len() > self.limits.cell_characters && text.chars().count() > self.limits.cell_characters;
        if long || self.text_bytes > self.limits.text_bytes { Err(SheetError::TooLong { row }) } else { Ok(()) }
    }

    /// Puts a cell that is not empty at row and column, both from 0.
    fn put(&mut self, row: u32, column: u32, cell: Cell) -> Result<(), SheetError> {
        if cell.is_empty() {
            return Ok(());
        }
        if row >= self.limits.rows {
            return Err(SheetError::TooManyRows { limit: self.limits.rows });
        }
        if column >= self.limits.columns {
            return Err(SheetError::TooManyColumns { limit: self.limits.columns });
        }
        let number = row.saturating_add(1);
        let last = self.table.rows.last().map_or(0, |last| last.number);
        if last > number {
            return Err(SheetError::Broken);
        }
        if last < number {
            self.table.rows.push(Row { number, cells: Vec::new() });
        }
        if let Some(row) = self.table.rows.last_mut() {
            let column = usize::try_from(column).unwrap_or_default();
            if row.cells.len() > column {
                return Err(SheetError::Broken);
            }
            row.cells.resize(column, Cell::Empty);
            row.cells.push(cell);
        }
        Ok(())
    }
}

fn read_xlsx(bytes: &[u8], limits: &Limits) -> Result<Table, SheetError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_damaged| SheetError::Broken)?;
    let visible = |sheet: &&calamine::Sheet| sheet.visible == SheetVisible::Visible;
    let name = book.sheets_metadata().iter().find(visible).map(|sheet| sheet.name.clone()).ok_or(SheetError::Empty)?;
    // Cell by cell: a whole range would take room for every cell between two distant ones.
    let mut cells = book.worksheet_cells_reader(&name).map_err(|_damaged| SheetError::Broken)?;
    let mut growing = Growing::new(limits);
    while let Some(cell) = cells.next_cell().map_err(|_damaged| SheetError::Broken)? {
        let (row, column) = cell.get_position();
        if let DataRef::String(text) = cell.get_value() {
            growing.admit(row.saturating_add(1), text)?;
        }
        if let DataRef::SharedString(text) = cell.get_value() {
            growing.admit(row.saturating_add(1), text)?;
        }
        growing.put(row, column, cell_of(cell.get_value()))?;
    }
    Ok(growing.table)
}

fn cell_of(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) | DataRef::DurationIso(text) => Cell::Text(text.clone()),
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
        DataRef::Int(number) => Cell::Number(number.to_string()),
        DataRef::Float(number) => number_of(&format!("{number:.14e}")),
        DataRef::Bool(yes) => Cell::Bool(*yes),
        DataRef::DateTime(moment) if moment.is_datetime() => date_of(moment),
        DataRef::DateTime(duration) => number_of(&format!("{:.14e}", duration.as_f64())),
        DataRef::DateTimeIso(text) => text.parse().map_or_else(|_| Cell::Text(text.clone()), Cell::Date),
        DataRef::Error(error) => Cell::Broken(error.to_string()),
    }
}

/// A number with the 15 digits that a sheet keeps, so that 0.1 + 0.2 is 0.3 here as it is there.
fn number_of(scientific: &str) -> Cell {
    Decimal::from_scientific(scientific)
        .map_or_else(|_| Cell::Broken(scientific.to_owned()), |number| Cell::Number(number.normalize().to_string()))
}

fn date_of(moment: &ExcelDateTime) -> Cell {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let small = |number: u8| i8::try_from(number).unwrap_or(-1);
    let year = i16::try_from(year).unwrap_or(-1);
    DateTime::new(year, small(month), small(day), small(hour), small(minute), small(second), 0)
        .map_or_else(|_| Cell::Broken("#DATE".to_owned()), Cell::Date)
}

fn read_csv(bytes: &[u8], limits: &Limits) -> Result<Table, SheetError> {
    let text = decoded(bytes)?;
    let lines = with_blank_lines_kept(&text);
    let tabs = lines.lines().next().is_some_and(|heading| heading.contains('\t') && !heading.contains(','));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(if tabs { b'\t' } else { b',' })
        .from_reader(lines.as_bytes());
    let mut growing = Growing::new(limits);
    let mut record = csv::StringRecord::new();
    let mut row = 0u32;
    while reader.read_record(&mut record).map_err(|_damaged| SheetError::Broken)? {
        for (column, field) in record.iter().enumerate() {
            growing.admit(row.saturating_add(1), field)?;
            let column = u32::try_from(column).unwrap_or(u32::MAX);
            growing.put(row, column, Cell::Text(unguarded(field).to_owned()))?;
        }
        row = row.saturating_add(1);
    }
    Ok(growing.table)
}

/// UTF-8, with or without its mark, or what Excel on a Chinese Windows writes.
fn decoded(bytes: &[u8]) -> Result<String, SheetError> {
    let unmarked = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(unmarked) {
        return Ok(text.to_owned());
    }
    let (text, _, damaged) = encoding_rs::GB18030.decode(unmarked);
    if damaged { Err(SheetError::Encoding) } else { Ok(text.into_owned()) }
}

/// Writes an empty field into each blank line, so that the reader counts rows as a sheet does.
fn with_blank_lines_kept(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut quoted = false;
    for line in text.split_inclusive('\n') {
        if !quoted && line.trim_end_matches(['\r', '\n']).is_empty() {
            kept.push_str("\"\"");
        }
        kept.push_str(line);
        quoted ^= line.matches('"').count() % 2 == 1;
    }
    kept
}

/// Takes off the apostrophe that [`crate::write_csv`] puts before what could be a formula.
fn unguarded(field: &str) -> &str {
    match field.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA_STARTS) => rest,
        _ => field,
    }
}
