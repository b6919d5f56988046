//! Personal information (个人信息): a value that cannot be printed by accident.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A personal datum: name, phone, number of an identity document. It has no `Display`, and `Debug` shows nothing of
/// it. K3, promise P13.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Wraps a personal datum.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The datum itself. Every use is a place that reads personal information on purpose.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl Pii<String> {
    /// A name with all but its first character hidden: `张**`.
    pub fn masked_name(&self) -> String {
        let mut characters = self.0.chars();
        characters.next().map(String::from).into_iter().chain(characters.map(|_| "*".into())).collect()
    }

    /// A number with only its first three and last four characters shown: `138****1234`.
    pub fn masked_number(&self) -> String {
        let length = self.0.chars().count();
        self.0
            .chars()
            .enumerate()
            .map(|(i, c)| if length > 7 && (i < 3 || i.saturating_add(4) >= length) { c } else { '*' })
            .collect()
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k3_personal_data_does_not_print() {
        let name = Pii::new("欧阳小明".to_owned());
        assert_eq!(format!("{name:?}"), "***");
        assert_eq!(name.masked_name(), "欧***");
        assert_eq!(Pii::new("13812341234".to_owned()).masked_number(), "138****1234");
        assert_eq!(Pii::new("1234567".to_owned()).masked_number(), "*******");
    }
}
