//! Dice (随机数): numbers that follow from a seed, so that a run can be repeated.

use serde::{Deserialize, Serialize};

/// `SplitMix64`. Good enough for nonces and numbers of a simulator, and its state is one number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dice(u64);

impl Dice {
    /// Dice of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// So many letters of `0-9a-f`.
    pub fn hex(&mut self, letters: usize) -> String {
        let rolls = letters.div_ceil(16);
        let mut text: String = (0..rolls).map(|_| format!("{:016x}", self.roll())).collect::<Vec<_>>().concat();
        text.truncate(letters);
        text
    }

    /// A number of so many decimal digits (19 at most), zeros in front.
    pub fn digits(&mut self, count: u32) -> String {
        let width = usize::try_from(count).unwrap_or_default();
        let bound = 10u64.checked_pow(count).unwrap_or(u64::MAX);
        format!("{:0width$}", self.roll() % bound)
    }
}
