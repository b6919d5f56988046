//! A sheet as read (表格): rows of cells that remember what kind they were, so that an identifier can demand text.

use std::fmt;

use jiff::civil::DateTime;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A number as the sheet would show it, at most 15 significant digits: an identifier kept so has lost its end.
    Number(String),
    /// A day, or a moment of a day.
    Date(DateTime),
    /// Yes or no.
    Bool(bool),
    /// A formula that failed, as `#N/A`.
    Broken(String),
}

impl Cell {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A count.
    pub fn count(count: impl Into<u64>) -> Self {
        Self::Number(count.into().to_string())
    }
}

/// A row of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number as the sheet shows it, from 1.
    pub number: u32,
    /// Its cells from the first column on.
    pub cells: Vec<Cell>,
}

/// The rows of a sheet that are not empty, in order; the first is the heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The rows.
    pub rows: Vec<Row>,
}

impl Cell {
    /// Whether nothing, or nothing but blanks, stands in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Number(_) | Self::Date(_) | Self::Bool(_) | Self::Broken(_) => false,
        }
    }
}

/// The cell as text: what the clerk sees.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Text(text) | Self::Number(text) | Self::Broken(text) => f.write_str(text.trim()),
            Self::Date(moment) if moment.time() == jiff::civil::Time::midnight() => write!(f, "{}", moment.date()),
            Self::Date(moment) => write!(f, "{}", moment.strftime("%Y-%m-%d %H:%M")),
            Self::Bool(true) => f.write_str("是"),
            Self::Bool(false) => f.write_str("否"),
        }
    }
}

impl Row {
    /// The cell of a column, empty beyond the last one.
    pub fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }
}

impl Table {
    /// The heading and the rows below it.
    pub fn split(&self) -> Option<(&Row, &[Row])> {
        self.rows.split_first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_show_what_the_clerk_sees() {
        let day = jiff::civil::date(2026, 9, 1);
        assert_eq!(Cell::Date(day.at(0, 0, 0, 0)).to_string(), "2026-09-01");
        assert_eq!(Cell::Date(day.at(16, 30, 0, 0)).to_string(), "2026-09-01 16:30");
        assert_eq!(Cell::Text(" 一年级 ".into()).to_string(), "一年级");
        assert!(Cell::Text(" ".into()).is_empty());
        assert_eq!(Cell::Bool(true).to_string(), "是");
    }
}
