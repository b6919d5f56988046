//! Figures (结算数字): what is counted of a part, a line, a batch. Everything is a sum or a difference, so that parts equal
//! the whole, and what is taken back is its mirror. S36.1.

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// What is counted. Of a correction each may be negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Lessons of pupils that are paid for and did not go back (课时).
    #[serde(rename = "l")]
    pub lessons: i64,
    /// Lessons of pupils that were attended, as far as attendance was asked for (出勤).
    #[serde(rename = "v")]
    pub attended: i64,
    /// What was sold, fees included, before anything went back (缴费).
    #[serde(rename = "s")]
    pub sold: Money,
    /// Tuition that is kept (学费).
    #[serde(rename = "t")]
    pub tuition: Money,
    /// Materials and sundry fees that are kept (代收费).
    #[serde(rename = "f")]
    pub fees: Money,
}

impl Figures {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            lessons: self.lessons.saturating_add(other.lessons),
            attended: self.attended.saturating_add(other.attended),
            sold: add(self.sold, other.sold),
            tuition: add(self.tuition, other.tuition),
            fees: add(self.fees, other.fees),
        }
    }

    /// The mirror: what takes it back.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        Self {
            lessons: self.lessons.saturating_neg(),
            attended: self.attended.saturating_neg(),
            sold: mirror(self.sold),
            tuition: mirror(self.tuition),
            fees: mirror(self.fees),
        }
    }

    /// What is left of it without the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        self.plus(other.mirrored())
    }

    /// Whether nothing is counted.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The money that is kept: tuition and fees.
    pub const fn kept(&self) -> Money {
        add(self.tuition, self.fees)
    }

    /// What of what was sold is not kept (退费).
    pub const fn refunded(&self) -> Money {
        add(self.sold, mirror(self.kept()))
    }
}

/// To whom the money kept is due; what is due to neither rests with the school.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dues {
    /// To the provider (应付机构).
    pub provider: Money,
    /// To the teachers (应付教师).
    pub teachers: Money,
}

impl Dues {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { provider: add(self.provider, other.provider), teachers: add(self.teachers, other.teachers) }
    }

    /// What takes it back.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        Self { provider: mirror(self.provider), teachers: mirror(self.teachers) }
    }

    /// What of the money kept rests with the school (学校留存).
    pub const fn rest(&self, figures: &Figures) -> Money {
        add(figures.kept(), self.mirrored().sum())
    }

    const fn sum(self) -> Money {
        add(self.provider, self.teachers)
    }
}

/// The sum of parts of what was found to be within bounds when it was sold.
pub(super) const fn add(one: Money, other: Money) -> Money {
    Money::from_fen(one.fen().saturating_add(other.fen()))
}

/// An amount, taken back.
pub(super) const fn mirror(amount: Money) -> Money {
    Money::from_fen(amount.fen().saturating_neg())
}
