//! Line of a batch (结算明细): a course in a month, with the orders it is made of. S36.1 S36.5.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Month;
use super::figures::{Dues, Figures};
use crate::catalog::Origin;
use crate::id::{CourseCode, IdError, OrderNo, OrganizationId};
use crate::money::Money;

/// Parts a sheet holds: an item takes 400 KB, a part some 40 bytes.
const SHEET_PARTS: usize = 4_000;

/// Lines a sheet holds.
const SHEET_LINES: usize = 300;

/// What of an order's line belongs to the line's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPart {
    /// The order.
    pub order: OrderNo,
    /// What is counted of it.
    pub figures: Figures,
}

/// `20261-7K3M9Q2XAB-01 4 4 10500 10000 500`: lessons, attended, sold, tuition, fees.
impl fmt::Display for OrderPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { lessons, attended, sold, tuition, fees } = self.figures;
        write!(f, "{} {lessons} {attended} {} {} {}", self.order, sold.fen(), tuition.fen(), fees.fen())
    }
}

impl FromStr for OrderPart {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (order, numbers) = text.split_once(' ').ok_or(IdError)?;
        let numbers: Vec<i64> =
            numbers.split(' ').map(str::parse).collect::<Result<_, _>>().map_err(|_no_number| IdError)?;
        let [lessons, attended, sold, tuition, fees] = numbers.as_slice() else { return Err(IdError) };
        let fen = |amount: &i64| Money::from_fen(*amount);
        let figures =
            Figures { lessons: *lessons, attended: *attended, sold: fen(sold), tuition: fen(tuition), fees: fen(fees) };
        Ok(Self { order: order.parse()?, figures })
    }
}

/// Parts, by order, kept as one text: there are thousands of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderParts(pub Vec<OrderPart>);

impl fmt::Display for OrderParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            let between = if i == 0 { "" } else { "\n" };
            write!(f, "{between}{part}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for OrderParts {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.lines().map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl From<OrderParts> for String {
    fn from(parts: OrderParts) -> Self {
        parts.to_string()
    }
}

/// A course in a month, as a batch settles it: what it comes to, without what was settled of it before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchLine {
    /// The course.
    pub course: CourseCode,
    /// The month.
    pub month: Month,
    /// The course's title.
    pub title: String,
    /// Who provides it.
    pub origin: Origin,
    /// The provider of an external course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<OrganizationId>,
    /// The price of a lesson.
    pub unit_price: Money,
    /// Lessons that were given (授课课时): those that at least one pupil has paid for.
    pub taught: i64,
    /// What its parts come to.
    pub figures: Figures,
    /// To whom it is due.
    pub due: Dues,
    /// The orders.
    pub parts: OrderParts,
}

impl BatchLine {
    /// The line that takes it back.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let part = |part: &OrderPart| OrderPart { order: part.order.clone(), figures: part.figures.mirrored() };
        Self {
            taught: self.taught.saturating_neg(),
            figures: self.figures.mirrored(),
            due: self.due.mirrored(),
            parts: OrderParts(self.parts.0.iter().map(part).collect()),
            ..self.clone()
        }
    }

    /// What rests with the school.
    pub const fn rest(&self) -> Money {
        self.due.rest(&self.figures)
    }
}

/// What the lines of a batch come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Lines.
    pub lines: u32,
    /// Parts of all lines.
    pub parts: u32,
    /// Lessons that were given.
    pub taught: i64,
    /// What is counted.
    pub figures: Figures,
    /// To whom it is due.
    pub due: Dues,
}

impl Totals {
    /// Of these lines.
    pub fn of(lines: &[BatchLine]) -> Self {
        let mut totals = Self::default();
        for line in lines {
            totals.lines = totals.lines.saturating_add(1);
            totals.parts = totals.parts.saturating_add(u32::try_from(line.parts.0.len()).unwrap_or(u32::MAX));
            totals.taught = totals.taught.saturating_add(line.taught);
            totals.figures = totals.figures.plus(line.figures);
            totals.due = totals.due.plus(line.due);
        }
        totals
    }

    /// What rests with the school.
    pub const fn rest(&self) -> Money {
        self.due.rest(&self.figures)
    }
}

/// Lines as they are kept: some to a sheet, each line whole.
pub fn sheets(lines: Vec<BatchLine>) -> Vec<Vec<BatchLine>> {
    let (mut sheets, mut parts): (Vec<Vec<BatchLine>>, usize) = (Vec::new(), 0);
    for line in lines {
        let more = line.parts.0.len();
        match sheets.last_mut() {
            Some(sheet) if sheet.len() < SHEET_LINES && parts.saturating_add(more) <= SHEET_PARTS => {
                parts = parts.saturating_add(more);
                sheet.push(line);
            }
            _ => {
                parts = more;
                sheets.push(vec![line]);
            }
        }
    }
    sheets
}
