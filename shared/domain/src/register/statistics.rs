//! Statistics (订单统计): how many orders and how much money, by whatever a row says. S32.2 S35.1 S35.2.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Row, RowLine};
use crate::money::{Money, MoneyError};
use crate::record::OrderState;

/// What rows are counted by.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Dimension {
    /// The term.
    Term,
    /// Where the order stands.
    State,
    /// The course: each line counts at its own.
    Course,
    /// The pupil's grade when the order was placed.
    Grade,
    /// The pupil's homeroom then.
    Homeroom,
    /// Provider and checkout.
    Method,
    /// The day it was placed.
    Day,
    /// The day it was paid.
    PaidDay,
    /// The fee item: tuition, materials, sundry (按缴费项).
    Item,
}

/// How many and how much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Orders; one of several courses counts at each of them.
    pub orders: u32,
    /// Lines.
    pub lines: u32,
    /// What was ordered, whatever became of it (下单金额).
    pub ordered: Money,
    /// What is to be paid or was (应收).
    pub receivable: Money,
    /// What was paid (已收).
    pub received: Money,
    /// What has gone back (已退).
    pub refunded: Money,
    /// What is set aside to go back (退费中).
    pub refunding: Money,
}

impl Sums {
    /// What the school keeps: received without refunded.
    pub fn net(&self) -> Result<Money, MoneyError> {
        self.received.minus(self.refunded)
    }

    fn add(&mut self, other: &Self) -> Result<(), MoneyError> {
        self.orders = self.orders.saturating_add(other.orders);
        self.lines = self.lines.saturating_add(other.lines);
        self.ordered = self.ordered.plus(other.ordered)?;
        self.receivable = self.receivable.plus(other.receivable)?;
        self.received = self.received.plus(other.received)?;
        self.refunded = self.refunded.plus(other.refunded)?;
        self.refunding = self.refunding.plus(other.refunding)?;
        Ok(())
    }

    /// An amount of an order in this state, of which so much went back.
    fn of(state: OrderState, amount: Money, refunded: Money, refunding: Money) -> Self {
        let if_so = |so: bool| if so { amount } else { Money::ZERO };
        let receivable = match state {
            OrderState::Pending | OrderState::Closing | OrderState::Paid => true,
            OrderState::Expired | OrderState::Cancelled => false,
        };
        Self {
            orders: 0,
            lines: 0,
            ordered: amount,
            receivable: if_so(receivable),
            received: if_so(state == OrderState::Paid),
            refunded,
            refunding,
        }
    }

    fn of_line(state: OrderState, line: &RowLine) -> Self {
        Self { lines: 1, ..Self::of(state, line.amount, line.refunded, line.refunding) }
    }
}

/// Sums of rows, in all and by what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// All rows.
    pub total: Sums,
    /// By dimension, the sums of each value it has.
    pub by: BTreeMap<Dimension, BTreeMap<String, Sums>>,
}

impl Statistics {
    /// Statistics by these dimensions, of no row yet.
    pub fn by(dimensions: impl IntoIterator<Item = Dimension>) -> Self {
        let by = dimensions.into_iter().map(|dimension| (dimension, BTreeMap::new())).collect();
        Self { total: Sums::default(), by }
    }

    /// Counts a row. Whatever the dimension, its values add up to the total; orders alone do not by course and by item,
    /// where one may count more than once.
    pub fn count(&mut self, row: &Row) -> Result<(), MoneyError> {
        let mut whole = Sums { orders: 1, ..Sums::default() };
        for line in &row.lines {
            whole.add(&Sums::of_line(row.state, line))?;
        }
        self.total.add(&whole)?;
        for (dimension, values) in &mut self.by {
            match dimension {
                Dimension::Course => by_course(values, row)?,
                Dimension::Item => by_item(values, row)?,
                Dimension::Term
                | Dimension::State
                | Dimension::Grade
                | Dimension::Homeroom
                | Dimension::Method
                | Dimension::Day
                | Dimension::PaidDay => values.entry(value_of(row, *dimension)).or_default().add(&whole)?,
            }
        }
        Ok(())
    }
}

/// What a row is at a dimension; what it has no value at is `none`.
fn value_of(row: &Row, dimension: Dimension) -> String {
    let none = || "none".to_owned();
    match dimension {
        Dimension::Term => row.term().to_string(),
        Dimension::State => row.state.to_string(),
        Dimension::Grade => row.place.as_ref().map_or_else(none, |place| place.grade.to_string()),
        Dimension::Homeroom => row.place.as_ref().map_or_else(none, |place| place.homeroom.to_string()),
        Dimension::Method => row.paid.as_ref().map_or_else(none, |paid| format!("{}.{}", paid.channel, paid.method)),
        Dimension::Day => row.placed_at.day().to_string(),
        Dimension::PaidDay => row.paid.as_ref().map_or_else(none, |paid| paid.at.day().to_string()),
        Dimension::Course | Dimension::Item => none(),
    }
}

fn by_course(values: &mut BTreeMap<String, Sums>, row: &Row) -> Result<(), MoneyError> {
    for line in &row.lines {
        let one = Sums { orders: 1, ..Sums::of_line(row.state, line) };
        values.entry(line.course.to_string()).or_default().add(&one)?;
    }
    Ok(())
}

/// Each line is split into its fees; what went back of it is split as they are. A line counts at its tuition.
fn by_item(values: &mut BTreeMap<String, Sums>, row: &Row) -> Result<(), MoneyError> {
    let mut seen: BTreeMap<&str, Sums> = BTreeMap::new();
    for line in &row.lines {
        let items =
            [("tuition", line.tuition.minus(line.waived)?), ("materials", line.materials), ("sundry", line.sundry)];
        let weights = items.map(|(_, amount)| u32::try_from(amount.fen()).unwrap_or(u32::MAX));
        let (refunded, refunding) = (line.refunded.split(&weights), line.refunding.split(&weights));
        for (((item, amount), back), aside) in items.into_iter().zip(refunded).zip(refunding) {
            let is_tuition = item == "tuition";
            if !is_tuition && amount.is_zero() {
                continue;
            }
            let lines = u32::from(is_tuition);
            seen.entry(item).or_default().add(&Sums { lines, ..Sums::of(row.state, amount, back, aside) })?;
        }
    }
    for (item, sums) in seen {
        values.entry(item.to_owned()).or_default().add(&Sums { orders: 1, ..sums })?;
    }
    Ok(())
}
