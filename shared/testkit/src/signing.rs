//! KMS, as far as it signs: one key of P-256, the same in every world.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey as _;
use serde_json::{Value, json};

use crate::connector::Reply;

/// The secret half. It is in no other place and signs nothing that anybody believes.
const SECRET: [u8; 32] = *b"a key of tests, trusted by none.";

/// Whether an operation of KMS is one of signing.
pub(crate) fn knows(operation: &str) -> bool {
    matches!(operation, "Sign" | "GetPublicKey")
}

/// The key's id.
pub(crate) fn subject(request: &Value) -> &str {
    request["KeyId"].as_str().unwrap_or_default()
}

/// The public half, DER.
pub(crate) fn public_key() -> Vec<u8> {
    let key = SigningKey::from_slice(&SECRET).expect("a secret of P-256");
    key.verifying_key().to_public_key_der().expect("a public key has a form").into_vec()
}

pub(crate) fn serve(operation: &str, request: &Value) -> Reply {
    if operation == "GetPublicKey" {
        return Reply::value(&json!({
            "KeyId": request["KeyId"],
            "KeySpec": "ECC_NIST_P256",
            "KeyUsage": "SIGN_VERIFY",
            "SigningAlgorithms": ["ECDSA_SHA_256"],
            "PublicKey": STANDARD.encode(public_key()),
        }));
    }
    assert_eq!(request["SigningAlgorithm"], "ECDSA_SHA_256", "the key is one of P-256");
    assert_eq!(request["MessageType"], "DIGEST", "no message leaves for the key service");
    let digest = STANDARD.decode(request["Message"].as_str().unwrap_or_default()).expect("base 64");
    let Ok(digest) = <[u8; 32]>::try_from(digest) else {
        return Reply::error("ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256.");
    };
    let key = SigningKey::from_slice(&SECRET).expect("a secret of P-256");
    // The number that a signature of this kind must not repeat is made from key and digest: same digest, same signature.
    let signature: Signature = key.sign_prehash(&digest).expect("a digest is signed");
    Reply::value(&json!({
        "KeyId": request["KeyId"],
        "Signature": STANDARD.encode(signature.to_der().as_bytes()),
        "SigningAlgorithm": "ECDSA_SHA_256",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_digest_is_signed_the_same() {
        let request = json!({
            "KeyId": "audit",
            "SigningAlgorithm": "ECDSA_SHA_256",
            "MessageType": "DIGEST",
            "Message": STANDARD.encode([7; 32]),
        });
        let (one, other) = (serve("Sign", &request), serve("Sign", &request));
        assert_eq!((one.status, &one.body), (200, &other.body));
        let short = json!({
            "SigningAlgorithm": "ECDSA_SHA_256", "MessageType": "DIGEST", "Message": STANDARD.encode([7; 31]),
        });
        assert_eq!(serve("Sign", &short).status, 400);
    }
}
