//! Keys (密钥): the fictive accounts of merchant and provider, and what can be signed and sealed with them.

use std::sync::LazyLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::prelude::{BASE64_STANDARD, Engine};

/// The service provider's merchant number.
pub const SP_MCHID: &str = "1900000109";
/// The service provider's application.
pub const SP_APPID: &str = "wx0000fictive00001";
/// The serial of the merchant's API certificate.
pub const MERCHANT_SERIAL: &str = "3A7F19C0D2E84B5566F10B9E7C4D8A2F01E35B97";
/// The key shared for notifications (`APIv3` 密钥).
pub const API_V3_KEY: &str = "fictive-api-v3-key-32-bytes-long";
/// The provider's key in public-key mode.
pub const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000001092026090100000000000001";
/// The provider's key in certificate mode.
pub const CERTIFICATE_SERIAL: &str = "5C9D7A31F04E2B86D1A70C44B5E39F1286AA03D7";

/// The merchant's private key.
pub const MERCHANT_KEY_PEM: &str = include_str!("../keys/merchant.key.pem");
/// The provider's public key.
pub const PLATFORM_PUBLIC_PEM: &str = include_str!("../keys/platform.pub.pem");
/// The provider's certificate.
pub const CERTIFICATE_PEM: &str = include_str!("../keys/platform-old.crt.pem");

/// The private key of our application at the second provider.
pub const APPLICATION_KEY_PEM: &str = include_str!("../keys/alipay-app.key.pem");
/// The second provider's public key.
pub const ALIPAY_PUBLIC_PEM: &str = include_str!("../keys/alipay.pub.pem");

/// Who signs. A test may let anyone sign anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// The provider, in public-key mode.
    Platform,
    /// The provider, in certificate mode.
    Certificate,
    /// The merchant.
    Merchant,
    /// The second provider.
    Alipay,
    /// Our application at the second provider.
    Application,
}

struct Keys {
    merchant: KeyPair,
    merchant_public: ParsedPublicKey,
    platform: KeyPair,
    certificate: KeyPair,
    alipay: KeyPair,
    application: KeyPair,
    application_public: ParsedPublicKey,
    shared: LessSafeKey,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
    merchant: private(MERCHANT_KEY_PEM),
    merchant_public: public(include_str!("../keys/merchant.pub.pem")),
    platform: private(include_str!("../keys/platform.key.pem")),
    certificate: private(include_str!("../keys/platform-old.key.pem")),
    alipay: private(include_str!("../keys/alipay.key.pem")),
    application: private(APPLICATION_KEY_PEM),
    application_public: public(include_str!("../keys/alipay-app.pub.pem")),
    shared: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).expect("32 bytes")),
});

fn private(pem: &str) -> KeyPair {
    KeyPair::from_pkcs8(&der(pem)).expect("a private key of the simulator")
}

fn public(pem: &str) -> ParsedPublicKey {
    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der(pem)).expect("a public key of the simulator")
}

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(body).expect("a key of the simulator")
}

/// Signs `text` as `signer`, base64.
pub fn sign(signer: Signer, text: &[u8]) -> String {
    let key = match signer {
        Signer::Platform => &KEYS.platform,
        Signer::Certificate => &KEYS.certificate,
        Signer::Merchant => &KEYS.merchant,
        Signer::Alipay => &KEYS.alipay,
        Signer::Application => &KEYS.application,
    };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).expect("a signature");
    BASE64_STANDARD.encode(signature)
}

/// Whether the merchant signed `text`.
pub fn is_signed_by_merchant(text: &[u8], signature: &str) -> bool {
    BASE64_STANDARD.decode(signature).is_ok_and(|signature| KEYS.merchant_public.verify_sig(text, &signature).is_ok())
}

/// Whether our application signed `text`.
pub fn is_signed_by_application(text: &[u8], signature: &str) -> bool {
    BASE64_STANDARD
        .decode(signature)
        .is_ok_and(|signature| KEYS.application_public.verify_sig(text, &signature).is_ok())
}

/// Seals `plain` for the merchant, base64 with the tag at the end. `nonce` has 12 bytes.
pub fn seal(plain: &[u8], nonce: &str, associated: &str) -> String {
    let nonce: [u8; NONCE_LEN] = nonce.as_bytes().try_into().expect("a nonce of 12 bytes");
    let mut sealed = plain.to_vec();
    KEYS.shared
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated.as_bytes()), &mut sealed)
        .expect("a sealed text");
    BASE64_STANDARD.encode(sealed)
}

/// Seals a file under a key of its own, and that key for the merchant: the file, and the key in base64.
pub fn seal_file(plain: &[u8], key: &str, nonce: &str) -> (Vec<u8>, String) {
    let nonce: [u8; NONCE_LEN] = nonce.as_bytes().try_into().expect("a nonce of 12 bytes");
    let mut sealed = plain.to_vec();
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_bytes()).expect("32 bytes"))
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
        .expect("a sealed file");
    let merchant = PublicEncryptingKey::from_der(&der(include_str!("../keys/merchant.pub.pem"))).expect("a key");
    let merchant = OaepPublicEncryptingKey::new(merchant).expect("a key that seals");
    let mut room = vec![0; merchant.ciphertext_size()];
    let key = merchant.encrypt(&OAEP_SHA1_MGF1SHA1, key.as_bytes(), &mut room, None).expect("a sealed key");
    (sealed, BASE64_STANDARD.encode(key))
}

/// Opens what was sealed with the provider's key of that serial; none if it was not.
pub fn open_sealed(serial: &str, sealed: &str) -> Option<String> {
    let pem = match serial {
        PUBLIC_KEY_ID => include_str!("../keys/platform.key.pem"),
        CERTIFICATE_SERIAL => include_str!("../keys/platform-old.key.pem"),
        _ => return None,
    };
    let key = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&der(pem)).ok()?).ok()?;
    let mut plain = vec![0; key.min_output_size()];
    let sealed = BASE64_STANDARD.decode(sealed).ok()?;
    let plain = key.decrypt(&OAEP_SHA1_MGF1SHA1, &sealed, &mut plain, None).ok()?;
    String::from_utf8(plain.to_vec()).ok()
}
