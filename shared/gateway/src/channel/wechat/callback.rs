//! Callbacks (支付结果通知): from raw bytes to a verified, decrypted notice. Reference: payments §1.2, §1.4.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::prelude::{BASE64_STANDARD, Engine};
use domain::id::{PaymentNo, RefundNo};
use domain::payment::{Channel, Evidence, Source};
use domain::refund::settle::{RefundEvidence, Status};
use domain::{Moment, Money};
use serde::Deserialize;

use super::refund::status;
use crate::channel::{CallbackError, Notice};

const PAID: &str = "TRANSACTION.SUCCESS";
const REFUND: &str = "REFUND.";
const ECHO: &str = "SECURITY_ECHO.SUCCESS";
const ALGORITHM: &str = "AEAD_AES_256_GCM";
const TRANSACTION: &str = "transaction";
const REFUNDED: &str = "refund";
const SUCCESS: &str = "SUCCESS";

/// The key shared with the provider (`APIv3` 密钥): 32 bytes.
pub(super) struct Opener {
    key: LessSafeKey,
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    event_type: String,
    #[serde(default)]
    create_time: Option<String>,
    resource: Resource,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    original_type: String,
    algorithm: String,
    ciphertext: String,
    #[serde(default)]
    associated_data: Option<String>,
    nonce: String,
}

/// A payment as the provider describes it, in notifications and in answers to queries. Numbers that an unpaid one
/// lacks are optional.
#[derive(Deserialize)]
pub(super) struct Transaction {
    pub(super) sp_mchid: String,
    pub(super) sub_mchid: String,
    pub(super) sp_appid: String,
    pub(super) out_trade_no: String,
    pub(super) trade_state: String,
    #[serde(default, rename = "transaction_id")]
    pub(super) number: Option<String>,
    #[serde(default)]
    pub(super) success_time: Option<String>,
    #[serde(default)]
    pub(super) amount: Option<Amount>,
}

#[derive(Deserialize)]
pub(super) struct Amount {
    total: i64,
    currency: String,
}

/// A refund as notifications describe it: other names than in answers.
#[derive(Deserialize)]
struct Refunded {
    sp_mchid: String,
    sub_mchid: String,
    out_trade_no: String,
    transaction_id: String,
    out_refund_no: String,
    refund_id: String,
    refund_status: String,
    #[serde(default)]
    success_time: Option<String>,
    amount: RefundedAmount,
}

#[derive(Deserialize)]
struct RefundedAmount {
    refund: i64,
}

impl Refunded {
    /// What it states, if it states everything that a notice of this status has to. What is not done has no time of its
    /// own but that of the notification.
    fn evidence(self, status: Status, told_at: Option<&str>) -> Option<RefundEvidence> {
        let at = if status == Status::Done { self.success_time.as_deref() } else { told_at };
        let complete = !self.refund_id.is_empty() && !self.transaction_id.is_empty();
        Some(RefundEvidence {
            source: Source::Callback,
            channel: Channel::Wechat,
            refund: self.out_refund_no,
            provider_no: self.refund_id,
            transaction: self.transaction_id,
            sub_merchant: self.sub_mchid,
            amount: Money::from_fen(self.amount.refund),
            status,
            at: Moment::parse(at?).filter(|_| complete)?,
            accepted_at: None,
        })
    }
}

impl Transaction {
    /// What it states, if it states everything that a paid one has to.
    pub(super) fn evidence(self, payment: PaymentNo, source: Source, event: Option<String>) -> Option<Evidence> {
        let amount = self.amount?;
        Some(Evidence {
            source,
            channel: Channel::Wechat,
            event,
            payment,
            transaction: self.number.filter(|id| !id.is_empty())?,
            merchant: self.sp_mchid,
            app: self.sp_appid,
            sub_merchant: self.sub_mchid,
            total: Money::from_fen(amount.total),
            currency: amount.currency,
            paid_at: Moment::parse(&self.success_time?)?,
        })
    }
}

impl Opener {
    pub(super) fn new(api_v3_key: &str) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, api_v3_key.as_bytes()).ok()?;
        Some(Self { key: LessSafeKey::new(key) })
    }

    /// Reads a body whose signature was verified.
    pub(super) fn open(&self, body: &[u8], merchant: &str, app: &str) -> Result<Notice, CallbackError> {
        let envelope: Envelope = serde_json::from_slice(body).map_err(|_unreadable| CallbackError::BadEnvelope)?;
        if envelope.id.is_empty() || envelope.event_type.is_empty() {
            return Err(CallbackError::BadEnvelope);
        }
        let Envelope { id: event_id, event_type, create_time, resource } = envelope;
        if let Some(status) = event_type.strip_prefix(REFUND).and_then(status) {
            return self.refunded(event_id, &resource, merchant, status, create_time.as_deref());
        }
        match event_type.as_str() {
            PAID => self.paid(event_id, &resource, merchant, app),
            ECHO => {
                // Its content says nothing, but that it decrypts proves the shared key.
                self.decrypt(&resource)?;
                Ok(Notice::Echo { event_id })
            }
            _ => Ok(Notice::Other { event_id, event_type }),
        }
    }

    fn paid(&self, event_id: String, resource: &Resource, merchant: &str, app: &str) -> Result<Notice, CallbackError> {
        let plain = self.decrypt(resource)?;
        if resource.original_type != TRANSACTION {
            return Err(CallbackError::BadResource);
        }
        let transaction: Transaction =
            serde_json::from_slice(&plain).map_err(|_unreadable| CallbackError::BadResource)?;
        if transaction.sp_mchid != merchant {
            return Err(CallbackError::WrongMerchant);
        }
        if transaction.sp_appid != app {
            return Err(CallbackError::WrongApp);
        }
        if transaction.trade_state != SUCCESS {
            return Err(CallbackError::BadResource);
        }
        let Ok(payment) = transaction.out_trade_no.parse::<PaymentNo>() else {
            return Ok(Notice::Foreign { event_id, number: transaction.out_trade_no });
        };
        let evidence = transaction
            .evidence(payment, Source::Callback, Some(event_id.clone()))
            .ok_or(CallbackError::BadResource)?;
        Ok(Notice::Paid { event_id, evidence })
    }

    fn refunded(
        &self,
        event_id: String,
        resource: &Resource,
        merchant: &str,
        told: Status,
        told_at: Option<&str>,
    ) -> Result<Notice, CallbackError> {
        let plain = self.decrypt(resource)?;
        if resource.original_type != REFUNDED {
            return Err(CallbackError::BadResource);
        }
        let refunded: Refunded = serde_json::from_slice(&plain).map_err(|_unreadable| CallbackError::BadResource)?;
        if refunded.sp_mchid != merchant {
            return Err(CallbackError::WrongMerchant);
        }
        if status(&refunded.refund_status) != Some(told) {
            return Err(CallbackError::BadResource);
        }
        let Ok(no) = refunded.out_refund_no.parse::<RefundNo>() else {
            return Ok(Notice::Foreign { event_id, number: refunded.out_refund_no });
        };
        if refunded.out_trade_no != no.payment().as_str() {
            return Err(CallbackError::BadResource);
        }
        let evidence = refunded.evidence(told, told_at).ok_or(CallbackError::BadResource)?;
        Ok(Notice::Refund { event_id, evidence })
    }

    fn decrypt(&self, resource: &Resource) -> Result<Vec<u8>, CallbackError> {
        if resource.algorithm != ALGORITHM {
            return Err(CallbackError::UnsupportedAlgorithm);
        }
        let nonce: [u8; NONCE_LEN] =
            resource.nonce.as_bytes().try_into().map_err(|_length| CallbackError::BadDecryption)?;
        let associated = resource.associated_data.as_deref().unwrap_or_default();
        let mut sealed =
            BASE64_STANDARD.decode(&resource.ciphertext).map_err(|_unreadable| CallbackError::BadDecryption)?;
        self.key
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(associated.as_bytes()), &mut sealed)
            .map(|plain| plain.to_vec())
            .map_err(|_unspecified| CallbackError::BadDecryption)
    }
}
