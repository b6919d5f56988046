//! Columns (列): the heading a clerk reads and what its cells must be.

/// A column of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own about the cells")]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Whether every row must fill it.
    pub required: bool,
    /// Whether only text cells are taken: a number cell has lost leading zeros, or digits beyond the fifteenth.
    pub text: bool,
    /// Whether it holds personal data, which no error repeats.
    pub personal: bool,
    /// Whether it is what tells the rows apart.
    pub identifies: bool,
    /// A good value, for the template.
    pub example: &'static str,
    /// The only values it takes, if they are few.
    pub choices: &'static [&'static str],
}

impl Column {
    /// A column that every row must fill.
    pub(crate) const fn required(title: &'static str, example: &'static str) -> Self {
        Self { title, required: true, text: false, personal: false, identifies: false, example, choices: &[] }
    }

    /// A column that may stay empty.
    pub(crate) const fn optional(title: &'static str, example: &'static str) -> Self {
        Self { required: false, ..Self::required(title, example) }
    }

    /// Only text cells.
    pub(crate) const fn text(self) -> Self {
        Self { text: true, ..self }
    }

    /// Personal data.
    pub(crate) const fn personal(self) -> Self {
        Self { personal: true, ..self }
    }

    /// What tells the rows apart.
    pub(crate) const fn identifying(self) -> Self {
        Self { identifies: true, ..self }
    }

    /// Only these values.
    pub(crate) const fn one_of(self, choices: &'static [&'static str]) -> Self {
        Self { choices, ..self }
    }
}

/// The column by which most files name the school.
pub(crate) const SCHOOL_CODE: Column = Column::required("学校标识码", "2144200601").text();

/// The column by which files name a term.
pub(crate) const TERM_CODE: Column = Column::required("学期", "2026-2027-1").text();

/// The column of student numbers.
pub(crate) const STUDENT_NUMBER: Column =
    Column::required("学籍号", "L449999201809010001").text().personal().identifying();

/// The column of pupils' identifiers, for files that keep no student numbers.
pub(crate) const STUDENT_ID: Column = Column::optional("学生编号", "").text();

/// The column of guardians' phones.
pub(crate) const PHONE: Column = Column::required("手机号", "19900000001").text().personal().identifying();
