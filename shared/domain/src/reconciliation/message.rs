//! A provider's message as evidence (支付通道通知): what of it may be shown, and what is personal or sealed and is not. S35.1.

use serde_json::Value;

/// What stands for what is not shown.
pub const MASKED: &str = "***";

/// Parts of messages that say what moved and when. Whatever is not named here may tell who paid, and is masked.
const SHOWN: [&str; 38] = [
    "app_id",
    "auth_app_id",
    "charset",
    "create_time",
    "event_type",
    "gmt_close",
    "gmt_create",
    "gmt_payment",
    "gmt_refund",
    "id",
    "instMid",
    "invoice_amount",
    "merOrderId",
    "mid",
    "notify_id",
    "notify_time",
    "notify_type",
    "out_biz_no",
    "out_trade_no",
    "payTime",
    "receipt_amount",
    "refundAmount",
    "refundOrderId",
    "refund_fee",
    "resource_type",
    "seller_id",
    "seqId",
    "sign_type",
    "status",
    "summary",
    "targetOrderId",
    "targetSys",
    "tid",
    "totalAmount",
    "total_amount",
    "trade_no",
    "trade_status",
    "version",
];

/// The parts of a message's body, in their order, what may not be shown masked. Bodies are JSON or forms.
pub fn told(body: &str) -> Vec<(String, String)> {
    let parts: Vec<(String, String)> = match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(parts)) => parts.into_iter().map(|(name, part)| (name, plain(part))).collect(),
        Ok(_) | Err(_) => body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, part)| (decoded(name), decoded(part)))
            .collect(),
    };
    let shown = |(name, part): (String, String)| {
        let part = if SHOWN.contains(&name.as_str()) { part } else { MASKED.to_owned() };
        (name, part)
    };
    parts.into_iter().map(shown).collect()
}

/// What holds others inside of it is sealed, or not looked into.
fn plain(part: Value) -> String {
    match part {
        Value::String(text) => text,
        part @ (Value::Bool(_) | Value::Number(_)) => part.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => MASKED.to_owned(),
    }
}

/// Undoes the encoding of a form.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, behind @ ..] = rest {
        let escaped = match behind {
            [one, other, behind @ ..] if *first == b'%' => hexadecimal(*one, *other).map(|byte| (byte, behind)),
            _ => None,
        };
        let (byte, behind) = escaped.unwrap_or((if *first == b'+' { b' ' } else { *first }, behind));
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(one: u8, other: u8) -> Option<u8> {
    let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(one)? << 4 | digit(other)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s35_1_of_a_message_is_shown_what_moved_and_not_who_paid() {
        let sealed = r#"{"id":"EV-1","create_time":"2026-09-01T09:30:05+08:00","event_type":"TRANSACTION.SUCCESS",
            "resource":{"ciphertext":"c2VhbGVk"},"summary":"支付成功"}"#;
        let parts = told(sealed);
        assert!(parts.contains(&("event_type".to_owned(), "TRANSACTION.SUCCESS".to_owned())));
        assert!(parts.contains(&("resource".to_owned(), MASKED.to_owned())) && !format!("{parts:?}").contains("c2Vh"));
        let form = "out_trade_no=20261-7K3M9Q2XAB-01-1&total_amount=180.00&buyer_logon_id=159%2A%2A%2A%2A5620\
                    &gmt_payment=2026-09-01+09%3A30%3A05&buyer_id=2088102116773037&sign=abc";
        let parts = told(form);
        assert_eq!(parts[3], ("gmt_payment".to_owned(), "2026-09-01 09:30:05".to_owned()));
        let masked: Vec<&str> =
            parts.iter().filter(|(_, part)| part == MASKED).map(|(name, _)| name.as_str()).collect();
        assert_eq!(masked, ["buyer_logon_id", "buyer_id", "sign"]);
    }

    #[test]
    fn s35_1_a_form_reads_whatever_is_in_it() {
        assert_eq!(told("summary=%E6%94%AF%zz%4"), [("summary".to_owned(), "支%zz%4".to_owned())]);
        assert_eq!(told("no form"), []);
    }
}
