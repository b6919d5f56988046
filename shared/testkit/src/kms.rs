//! KMS: data keys, wrapped for an encryption context.
//!
//! What it gives follows from the seed and the number of keys made before. A wrapped key opens in every world, so that
//! tables that were filled in one can be planted in another. It hides nothing from who looks for it; it refuses what
//! KMS refuses: another context, another key, an altered blob.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use serde_json::{Value, json};

use crate::connector::Reply;
use crate::trace::digest;

/// The one key that exists.
pub(crate) const KEY: &str = "arn:aws-cn:kms:cn-northwest-1:000000000000:key/00000000-0000-4000-8000-000000000001";

/// Bytes of a data key, and of the check behind it.
const KEY_BYTES: usize = 32;
const CHECK_BYTES: usize = 8;

#[derive(Default)]
pub(crate) struct Kms {
    made: u64,
}

impl Kms {
    pub(crate) fn serve(&mut self, seed: u64, operation: &str, request: &Value) -> Reply {
        if request["KeyId"] != KEY {
            return Reply::error("NotFoundException", "Invalid keyId.");
        }
        let context = sorted(&request["EncryptionContext"]);
        match operation {
            "GenerateDataKey" => {
                assert_eq!(request["KeySpec"], "AES_256", "the platform makes keys of 256 bits");
                self.made += 1;
                let mut plain = [0; KEY_BYTES];
                Rng::with_seed(digest(format!("{seed} {} {context}", self.made).as_bytes())).fill(&mut plain);
                Reply::value(&json!({
                    "KeyId": KEY,
                    "Plaintext": STANDARD.encode(plain),
                    "CiphertextBlob": STANDARD.encode(wrap(&plain, &context)),
                }))
            }
            "Decrypt" => {
                let blob = request["CiphertextBlob"].as_str().and_then(|text| STANDARD.decode(text).ok());
                match blob.and_then(|blob| unwrap(&blob, &context)) {
                    Some(plain) => Reply::value(&json!({
                        "KeyId": KEY,
                        "Plaintext": STANDARD.encode(plain),
                        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
                    })),
                    None => Reply::error("InvalidCiphertextException", ""),
                }
            }
            other => panic!("the world has no KMS operation {other}"),
        }
    }
}

/// The context as one text, whatever order its pairs came in.
fn sorted(context: &Value) -> String {
    let pairs: BTreeMap<&str, &str> = context
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect();
    json!(pairs).to_string()
}

fn masked(bytes: &[u8], context: &str) -> Vec<u8> {
    let mut mask = vec![0; bytes.len()];
    Rng::with_seed(digest(context.as_bytes())).fill(&mut mask);
    bytes.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect()
}

fn check(plain: &[u8], context: &str) -> [u8; CHECK_BYTES] {
    digest(&[plain, context.as_bytes()].concat()).to_be_bytes()
}

fn wrap(plain: &[u8], context: &str) -> Vec<u8> {
    [masked(plain, context), check(plain, context).to_vec()].concat()
}

fn unwrap(blob: &[u8], context: &str) -> Option<Vec<u8>> {
    let (hidden, told) = blob.split_at_checked(KEY_BYTES)?;
    let plain = masked(hidden, context);
    (check(&plain, context) == told).then_some(plain)
}

/// Whose key is asked for.
pub(crate) fn subject(request: &Value) -> &str {
    request["EncryptionContext"]["tenant"].as_str().unwrap_or_default()
}
