//! Forms (表单): `a=1&b=2`, as some providers are asked and as they call us.

use std::collections::BTreeMap;

/// The names and values of a form, sorted by name. A name that comes twice would be read by one side so and by the
/// other otherwise, so that such a form is none; nor is one that is not UTF-8.
pub(super) fn parse(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    for pair in body.split(|c| *c == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |c| *c == b'=');
        let (name, value) = (decoded(halves.next()?)?, decoded(halves.next()?)?);
        if name.is_empty() || fields.insert(name, value).is_some() {
            return None;
        }
    }
    Some(fields)
}

fn decoded(text: &[u8]) -> Option<String> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(rest.next()?)?.checked_mul(16)?.checked_add(digit(rest.next()?)?)?
            }
            other => *other,
        });
    }
    String::from_utf8(plain).ok()
}

/// A form of these names and values, escaped so that it may stand in a URL too.
pub(super) fn written(fields: &BTreeMap<&str, String>) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The names and values that a signature covers: `a=1&b=2`, sorted, not escaped, without empty values.
pub(super) fn signed_text<'f>(fields: impl Iterator<Item = (&'f str, &'f str)>) -> String {
    let pairs = fields.filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_back_as_it_was_written() {
        let fields = BTreeMap::from([("subject", "足球 & 棋+1%".to_owned()), ("a", "1=2".to_owned())]);
        let written = written(&fields);
        assert_eq!(written, "a=1%3D2&subject=%E8%B6%B3%E7%90%83%20%26%20%E6%A3%8B%2B1%25");
        let read = parse(written.as_bytes()).unwrap();
        assert!(read.iter().map(|(name, value)| (name.as_str(), value)).eq(fields.iter().map(|(n, v)| (*n, v))));
        assert_eq!(signed_text(read.iter().map(|(n, v)| (n.as_str(), v.as_str()))), "a=1=2&subject=足球 & 棋+1%");
    }

    #[test]
    fn what_two_sides_could_read_differently_is_no_form() {
        for form in ["a=1&a=2", "a", "=1", "a=%zz", "a=%e", "a=%ff", "a=%E8%B6"] {
            assert_eq!(parse(form.as_bytes()), None, "{form}");
        }
        assert_eq!(parse(b"").unwrap().len(), 0);
        assert_eq!(parse(b"a=b+c").unwrap()["a"], "b c");
    }
}
