//! Snapshot (快照凭证): what was agreed or paid, frozen as canonical JSON with its SHA-256. P2.5 P6.5.
//!
//! It is built from fields that never change, so that it can be built again at any time and must hash the same.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::money::Money;
use crate::payment::Payment;
use crate::record::{Order, TermRecord};
use crate::refund::Refund;

/// A frozen statement: its text and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Canonical JSON: keys sorted, no white space.
    pub body: String,
    /// SHA-256 of the body, base 64 for URLs, 43 characters.
    pub hash: String,
}

impl Snapshot {
    /// Freezes a JSON value.
    pub fn of(value: &Value) -> Self {
        let body = canonical(value);
        Self { hash: hash(body.as_bytes()), body }
    }

    /// The order as submitted.
    pub fn of_order(record: &TermRecord, order: &Order) -> Self {
        let lines: Vec<Value> = order
            .lines
            .iter()
            .map(|line| {
                json!({
                    "offering_id": record.offering_of(line).as_str(),
                    "title": line.title,
                    "lessons": line.lessons,
                    "unit_price_fen": line.unit_price.fen(),
                    "waived_fen": line.waived.as_ref().map_or(0, |waived| waived.amount.fen()),
                    "waived_reason": line.waived.as_ref().map(|waived| waived.reason.as_str()),
                    "materials_fen": line.materials.fen(),
                    "sundry_fen": line.sundry.fen(),
                    "amount_fen": line.amount.fen(),
                })
            })
            .collect();
        let mut said = json!({
            "kind": "order_submitted",
            "order_no": order.no.as_str(),
            "school": record.school.as_str(),
            "term": record.term.as_str(),
            "student_id": record.student.as_str(),
            "guardian_id": order.guardian.as_str(),
            "placed_at": order.placed_at.to_string(),
            "deadline": order.submitted_deadline().to_string(),
            "lines": lines,
            "total_fen": order.total.fen(),
            "refund_rules": order.rules.to_string(),
        });
        if let (Some(first), Some(said)) = (&order.continues, said.as_object_mut()) {
            said.insert("continues".to_owned(), first.as_str().into());
        }
        Self::of(&said)
    }

    /// The payment as it succeeded; none before.
    pub fn of_payment(payment: &Payment) -> Option<Self> {
        let paid = payment.paid.as_ref()?;
        Some(Self::of(&json!({
            "kind": "payment_succeeded",
            "payment_no": payment.no.as_str(),
            "order_no": payment.no.order().as_str(),
            "school": payment.school.as_str(),
            "channel": payment.channel.to_string(),
            "sub_merchant": payment.sub_merchant,
            "transaction_id": paid.transaction,
            "amount_fen": payment.amount.fen(),
            "paid_at": paid.at.to_string(),
            "counted": paid.counted,
            "refund_reserved_fen": if paid.counted { Money::ZERO.fen() } else { payment.amount.fen() },
        })))
    }

    /// The refund as it ended; none before. P7.1.
    pub fn of_refund(refund: &Refund, payment: &Payment) -> Option<Self> {
        let ended_at = refund.ended_at.filter(|_| refund.state.is_final())?;
        let parts: Vec<Value> = refund
            .parts
            .iter()
            .map(|part| json!({"course": part.course.as_str(), "lessons": part.lessons, "amount_fen": part.amount.fen()}))
            .collect();
        let lines: Vec<Value> = refund
            .lines
            .iter()
            .map(|line| json!({"item": line.item.to_string(), "amount_fen": line.amount.fen(), "words": line.words}))
            .collect();
        Some(Self::of(&json!({
            "kind": format!("refund_{}", refund.state),
            "refund_no": refund.no().as_str(),
            "payment_no": refund.payment.as_str(),
            "order_no": refund.payment.order().as_str(),
            "school": refund.school.as_str(),
            "channel": payment.channel.to_string(),
            "sub_merchant": payment.sub_merchant,
            "transaction_id": payment.paid.as_ref().map(|paid| paid.transaction.as_str()),
            "provider_refund_id": refund.provider_no,
            "amount_fen": refund.amount.fen(),
            "parts": parts,
            "lines": lines,
            "ended_at": ended_at.to_string(),
        })))
    }
}

/// SHA-256 of the bytes, base 64 for URLs without padding.
pub fn hash(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digest = Sha256::digest(bytes);
    digest
        .chunks(3)
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte));
            let bits = bits << (8 * (3usize.saturating_sub(chunk.len())));
            (0..=chunk.len()).map(move |i| {
                let shift = 18usize.saturating_sub(i.saturating_mul(6));
                let letter = usize::try_from((bits >> shift) & 63).unwrap_or_default();
                char::from(LETTERS.get(letter).copied().unwrap_or(b'A'))
            })
        })
        .collect()
}

/// Canonical JSON: keys sorted, no white space.
pub(crate) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, into: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(name, _)| name.as_str());
            into.push('{');
            for (i, (name, field)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    into.push(',');
                }
                into.push_str(&Value::from(name.as_str()).to_string());
                into.push(':');
                write_canonical(field, into);
            }
            into.push('}');
        }
        Value::Array(items) => {
            into.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    into.push(',');
                }
                write_canonical(item, into);
            }
            into.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => into.push_str(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_5_a_snapshot_does_not_depend_on_the_order_of_fields() {
        let one = Snapshot::of(&json!({"b": [1, {"d": 1, "c": "课"}], "a": null}));
        let other = Snapshot::of(&json!({"a": null, "b": [1, {"c": "课", "d": 1}]}));
        assert_eq!(one, other);
        assert_eq!(one.body, r#"{"a":null,"b":[1,{"c":"课","d":1}]}"#);
        // The SHA-256 of the empty text, as everybody knows it.
        assert_eq!(hash(b""), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    }
}
