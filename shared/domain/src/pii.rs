//! Personal information (个人信息): a value that cannot be printed by accident.

use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A personal datum: name, phone, number of an identity document. It has no `Display`, and `Debug` shows nothing of
/// it. K3, promise P13.
///
/// Written as data, it is a map with the single key [`Pii::MARK`]: that is how the writer of the tables finds it in
/// any item, to seal it. Only what goes to a table may be written so; people are shown masked or revealed texts. It is
/// read in that form only, so that plain text planted in a table is refused; a request's field is read by [`plain`].
#[derive(Clone, PartialEq, Eq)]
pub struct Pii<T>(T);

impl Pii<String> {
    /// The key that marks a personal datum within an item.
    pub const MARK: &'static str = "pii";
}

/// Reads a field of a request that is personal: plain text.
pub fn plain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pii<String>, D::Error> {
    String::deserialize(deserializer).map(Pii).map_err(|_quoting| D::Error::custom(NO_TEXT))
}

/// Reads a field of a request that is personal and may be left out.
pub fn maybe_plain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Pii<String>>, D::Error> {
    let read = Option::<String>::deserialize(deserializer).map_err(|_quoting| D::Error::custom(NO_TEXT))?;
    Ok(read.map(Pii))
}

/// What a reader says; its own words would quote what it stumbled over.
const NO_TEXT: &str = "应为文本";

/// Reads a marked datum.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a marked datum")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut marked: A) -> Result<String, A::Error> {
        match marked.next_entry::<String, String>()? {
            Some((mark, text)) if mark == Pii::MARK && marked.next_key::<IgnoredAny>()?.is_none() => Ok(text),
            _ => Err(A::Error::custom("no marked datum")),
        }
    }
}

impl Serialize for Pii<String> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut marked = serializer.serialize_struct("Pii", 1)?;
        marked.serialize_field(Self::MARK, &self.0)?;
        marked.end()
    }
}

impl<'de> Deserialize<'de> for Pii<String> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader).map(Self).map_err(|_quoting| D::Error::custom(NO_TEXT))
    }
}

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

    #[test]
    fn p13_personal_data_is_marked_where_it_is_written() {
        let name = Pii::new("欧阳小明".to_owned());
        let written = serde_json::to_value(&name).unwrap();
        assert_eq!(written, serde_json::json!({"pii": "欧阳小明"}));
        assert_eq!(serde_json::from_value::<Pii<String>>(written).unwrap(), name);
        assert_eq!(plain(serde_json::json!("欧阳小明")).unwrap(), name, "out of a request");
        assert_eq!(plain(serde_json::json!(["欧阳小明"])).unwrap_err().to_string(), NO_TEXT);
        for other in [
            serde_json::json!("欧阳小明"),
            serde_json::json!({"pii": "欧阳小明", "name": "欧阳小明"}),
            serde_json::json!({"name": "欧阳小明"}),
            serde_json::json!(["欧阳小明"]),
            serde_json::json!({"pii": [27, 201]}),
        ] {
            let error = serde_json::from_value::<Pii<String>>(other).unwrap_err();
            assert_eq!(error.to_string(), NO_TEXT, "and nothing of the datum");
        }
    }
}
