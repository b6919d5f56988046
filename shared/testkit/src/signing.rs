//! KMS, as far as it signs: one key of P-256, the same in every world.
//!
//! Its secret is the number one, and so is the number that a signature must not tell: nobody can trust it, the same
//! digest is always signed the same, and all that is left of the mathematics of a signature is one sum.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::connector::Reply;

/// A number of 256 bits, the highest byte first.
type Number = [u8; 32];

/// The point all of P-256 is made from: with a secret of one, it is the public key as well.
const X: Number = [
    0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2, 0x77, 0x03, 0x7D,
    0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96,
];
const Y: Number = [
    0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33,
    0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5,
];

/// How many points there are.
const ORDER: Number = [
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA,
    0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];

/// `SubjectPublicKeyInfo` of P-256 up to the point, and the mark of a point written out.
const PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE,
    0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

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
    [PREFIX.as_slice(), &X, &Y].concat()
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
    let Ok(digest) = Number::try_from(digest) else {
        return Reply::error("ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256.");
    };
    Reply::value(&json!({
        "KeyId": request["KeyId"],
        "Signature": STANDARD.encode(signature(&digest)),
        "SigningAlgorithm": "ECDSA_SHA_256",
    }))
}

/// DER of the two numbers: the first coordinate of the point, and its sum with the digest.
fn signature(digest: &Number) -> Vec<u8> {
    let numbers = [integer(&X), integer(&sum(&X, digest))].concat();
    [&[0x30, numbers.len() as u8], numbers.as_slice()].concat()
}

/// The sum of two numbers, less the order as often as it is in it.
fn sum(one: &Number, other: &Number) -> Number {
    let mut total = [0u8; 33];
    let mut carry = 0u16;
    for place in (0..32).rev() {
        let column = u16::from(one[place]) + u16::from(other[place]) + carry;
        total[place + 1] = (column % 256) as u8;
        carry = column / 256;
    }
    total[0] = carry as u8;
    let order: Vec<u8> = [&[0], ORDER.as_slice()].concat();
    while total.as_slice() >= order.as_slice() {
        let mut borrow = 0i16;
        for place in (0..33).rev() {
            let column = i16::from(total[place]) - i16::from(order[place]) - borrow;
            total[place] = column.rem_euclid(256) as u8;
            borrow = i16::from(column < 0);
        }
    }
    total[1..].try_into().expect("32 bytes are left")
}

/// DER of a positive number: no zeros before it, but one where its first bit would make it negative.
fn integer(number: &Number) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(31);
    let digits = &number[start..];
    let sign: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
    [&[0x02, (sign.len() + digits.len()) as u8], sign, digits].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::audit::verify::PublicKey as _;
    use gateway::signer::VerifyingKey;

    fn signed(digest: &[u8]) -> Reply {
        let message = STANDARD.encode(digest);
        let request = json!({"SigningAlgorithm": "ECDSA_SHA_256", "MessageType": "DIGEST", "Message": message});
        serve("Sign", &request)
    }

    #[test]
    fn the_same_digest_is_signed_the_same() {
        assert_eq!(signed(&[7; 32]).body, signed(&[7; 32]).body);
        assert_eq!(signed(&[7; 31]).status, 400);
        let highest = signature(&[0xFF; 32]);
        assert_eq!((highest[0], usize::from(highest[1])), (0x30, highest.len() - 2));
    }

    #[test]
    fn a_signature_is_what_the_public_key_verifies() {
        let key = VerifyingKey::from_der(&public_key()).expect("a key");
        for number in 0..200u32 {
            let message = number.to_be_bytes();
            let digest = domain::snapshot::hash(&message);
            let digest = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(digest).expect("base 64");
            let signature = signature(&digest.try_into().expect("32 bytes"));
            assert!(key.verifies(&message, &signature), "{number}");
            assert!(!key.verifies(b"another", &signature), "{number}");
        }
    }
}
