//! Money (金额): whole fen (分), exact in every sum and every split.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// An amount in fen (1 yuan = 100 fen). Never negative in an order; a difference may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i64);

/// An amount that no school fee can reach: a sum above it is an error of input, not a price.
pub const LARGEST: Money = Money(10_000_000_000);

/// Why a text or a product is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not digits with at most two decimals.
    #[error("金额应为最多两位小数的数字")]
    Unreadable,
    /// Above [`LARGEST`] or below its negative.
    #[error("金额超出允许范围")]
    OutOfRange,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of whole fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// Whether nothing is owed.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// [`Self::is_zero`] as serde wants it.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(crate) const fn is_zero_ref(&self) -> bool {
        self.0 == 0
    }

    /// The sum, or an error beyond [`LARGEST`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_add(other.0).map(Self).ok_or(MoneyError::OutOfRange).and_then(Self::bounded)
    }

    /// The difference, or an error beyond [`LARGEST`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_sub(other.0).map(Self).ok_or(MoneyError::OutOfRange).and_then(Self::bounded)
    }

    /// What is left of this amount after the other, never below nothing.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    /// This amount `count` times: a price per lesson times its lessons.
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        self.0.checked_mul(i64::from(count)).map(Self).ok_or(MoneyError::OutOfRange).and_then(Self::bounded)
    }

    /// This amount times a ratio, rounded half to even to whole fen: the one place where money is rounded.
    pub fn scaled(self, ratio: Decimal) -> Result<Self, MoneyError> {
        Decimal::from(self.0)
            .checked_mul(ratio)
            .and_then(|exact| exact.round().to_i64())
            .map(Self)
            .ok_or(MoneyError::OutOfRange)
            .and_then(Self::bounded)
    }

    /// The sum of many amounts.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// Splits the amount by weights so that the parts add up to the whole (largest remainder, earlier part first on
    /// a tie). Weights of zero get nothing; when all are zero everything goes to the first part.
    pub fn split(self, weights: &[u32]) -> Vec<Self> {
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        if total == 0 {
            return weights.iter().enumerate().map(|(i, _)| if i == 0 { self } else { Self::ZERO }).collect();
        }
        let whole = i128::from(self.0);
        let mut parts: Vec<(i128, i128)> = weights
            .iter()
            .map(|weight| {
                let exact = whole.saturating_mul(i128::from(*weight));
                (exact.div_euclid(total), exact.rem_euclid(total))
            })
            .collect();
        let given: i128 = parts.iter().map(|(part, _)| *part).sum();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|i| std::cmp::Reverse(parts.get(*i).map_or(0, |(_, rest)| *rest)));
        let missing = usize::try_from(whole.saturating_sub(given)).unwrap_or_default();
        for i in order.into_iter().take(missing) {
            if let Some((part, _)) = parts.get_mut(i) {
                *part = part.saturating_add(1);
            }
        }
        parts.into_iter().map(|(part, _)| Self(i64::try_from(part).unwrap_or(i64::MAX))).collect()
    }

    /// Reads yuan as people and bills write them: `12`, `12.5`, `1,234.50`, `¥12.50`.
    pub fn parse_yuan(text: &str) -> Result<Self, MoneyError> {
        let plain: String = text.trim().trim_start_matches(['¥', '¥']).chars().filter(|c| *c != ',').collect();
        let readable = !plain.is_empty() && plain.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-');
        if !readable {
            return Err(MoneyError::Unreadable);
        }
        let yuan: Decimal = plain.parse().map_err(|_unreadable| MoneyError::Unreadable)?;
        let fen = yuan.checked_mul(Decimal::ONE_HUNDRED).ok_or(MoneyError::OutOfRange)?;
        if !fen.fract().is_zero() {
            return Err(MoneyError::Unreadable);
        }
        fen.to_i64().map(Self).ok_or(MoneyError::OutOfRange).and_then(Self::bounded)
    }

    fn bounded(self) -> Result<Self, MoneyError> {
        if self.0.unsigned_abs() > LARGEST.0.unsigned_abs() { Err(MoneyError::OutOfRange) } else { Ok(self) }
    }
}

/// `180.00`: yuan with two decimals, without a sign of currency.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yuan_reads_and_prints() {
        assert_eq!(Money::parse_yuan("¥1,234.50"), Ok(Money::from_fen(123_450)));
        assert_eq!(Money::parse_yuan("2.5").map(|m| m.to_string()), Ok("2.50".into()));
        assert_eq!(Money::parse_yuan("2.505"), Err(MoneyError::Unreadable));
        assert_eq!(Money::parse_yuan("两元"), Err(MoneyError::Unreadable));
        assert_eq!(Money::parse_yuan("1e9"), Err(MoneyError::Unreadable));
        assert_eq!(Money::parse_yuan("99999999999999"), Err(MoneyError::OutOfRange));
    }

    #[test]
    fn a_product_beyond_the_largest_amount_is_refused() {
        assert_eq!(LARGEST.times(2), Err(MoneyError::OutOfRange));
        assert_eq!(Money::from_fen(250).times(180), Ok(Money::from_fen(45_000)));
    }

    proptest! {
        #[test]
        fn parts_equal_the_whole(fen in 0i64..10_000_000, weights in prop::collection::vec(0u32..1_000, 1..20)) {
            let parts = Money::from_fen(fen).split(&weights);
            prop_assert_eq!(parts.iter().map(|part| part.fen()).sum::<i64>(), fen);
            prop_assert!(parts.iter().all(|part| part.fen() >= 0));
        }

        #[test]
        fn printing_and_reading_agree(fen in -1_000_000_000i64..1_000_000_000) {
            let money = Money::from_fen(fen);
            prop_assert_eq!(Money::parse_yuan(&money.to_string()), Ok(money));
        }
    }
}
