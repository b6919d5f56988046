//! Notifications (异步通知): a form with a hash over a shared key. It is no evidence, only a reason to ask. Reference:
//! payments §3.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

use super::Chinaums;
use crate::channel::{CallbackError, LARGEST_CALLBACK_BYTES, Notice, form};

const HASH: &str = "SHA256";

impl Chinaums {
    /// Opens a notification. `body` is what came over the wire, byte for byte. Whoever knows the shared key could have
    /// written it: it leads to a question, never to money.
    pub fn open_callback(&self, body: &[u8]) -> Result<Notice, CallbackError> {
        if body.len() > LARGEST_CALLBACK_BYTES {
            return Err(CallbackError::BadEnvelope);
        }
        let told = form::parse(body).ok_or(CallbackError::BadEnvelope)?;
        let text = |name: &str| told.get(name).map_or("", String::as_str);
        if text("sign").is_empty() {
            return Err(CallbackError::MissingHeader("sign"));
        }
        // The older way of hashing can be forged: the account has to be set to this one.
        if !text("signType").eq_ignore_ascii_case(HASH) {
            return Err(CallbackError::UnsupportedAlgorithm);
        }
        let covered = told.iter().filter(|(name, _)| *name != "sign");
        let covered = form::signed_text(covered.map(|(name, value)| (name.as_str(), value.as_str())));
        let hash = hex::encode_upper(digest(&SHA256, format!("{covered}{}", self.notify_key).as_bytes()));
        verify_slices_are_equal(hash.as_bytes(), text("sign").to_ascii_uppercase().as_bytes())
            .map_err(|_unspecified| CallbackError::BadSignature)?;
        let merchant = self.merchants.get(text("mid")).ok_or(CallbackError::WrongMerchant)?;
        if text("tid") != merchant.tid {
            return Err(CallbackError::WrongMerchant);
        }
        let number = text("merOrderId");
        if number.is_empty() {
            return Err(CallbackError::BadResource);
        }
        let event_id = format!("{number}.{}.{}", text("status"), text("refundOrderId"));
        let Some(payment) = self.inner(number) else {
            return Ok(Notice::Foreign { event_id, number: number.to_owned() });
        };
        match text("refundOrderId") {
            "" => Ok(Notice::Ask { event_id, payment, refund: None }),
            refund => match self.inner_refund(refund).filter(|(of, _)| *of == payment) {
                Some((payment, refund)) => Ok(Notice::Ask { event_id, payment, refund: Some(refund) }),
                None => Ok(Notice::Foreign { event_id, number: refund.to_owned() }),
            },
        }
    }
}
