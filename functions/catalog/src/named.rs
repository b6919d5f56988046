//! Tells a field that is `null` from one that is not named. S12.1.

use serde::{Deserialize, Deserializer};

/// Reads a field that is named: its value, or none when it is `null`.
#[expect(clippy::option_option, reason = "named or not, and then a value or none")]
pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    reader: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(reader).map(Some)
}
