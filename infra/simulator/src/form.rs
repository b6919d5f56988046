//! Forms (表单), as the provider reads and writes them.

use std::collections::BTreeMap;

/// The names and values of a form.
pub(crate) fn parse(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let text = str::from_utf8(body).ok()?;
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').and_then(|(name, value)| Some((decoded(name)?, decoded(value)?)))).collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                u8::from_str_radix(str::from_utf8(&pair).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(plain).ok()
}

/// A form of these names and values, escaped.
pub(crate) fn written(fields: &BTreeMap<String, String>) -> String {
    let letter = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let escaped = |text: &str| text.bytes().map(letter).collect::<String>();
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The names and values that a signature covers.
pub(crate) fn signed_text<'f>(fields: impl Iterator<Item = (&'f String, &'f String)>) -> String {
    let pairs = fields.filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}
