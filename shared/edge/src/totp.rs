//! Codes of the second factor (动态验证码): RFC 6238 over HMAC-SHA-1, as every authenticator app makes them. K5.1.

use aws_lc_rs::hmac;
use domain::Pii;
use domain::credential::{CODE_DIGITS, STEP_SECONDS};

use crate::app::App;

/// The alphabet of base 32 (RFC 4648).
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Who gives out the codes, as the app of their owner shows it.
const ISSUER: &str = "课后服务平台";

/// A new secret of 160 bits, base 32.
pub fn new_secret(app: &App) -> Pii<String> {
    let bytes: [u8; 20] = app.random_bytes();
    Pii::new(base32(&bytes))
}

/// The code of a time step.
pub fn code_at(secret: &Pii<String>, step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &unbase32(secret.reveal()));
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = bytes.last().map_or(0, |last| usize::from(last & 15));
    let taken = bytes.iter().skip(offset).take(4);
    let number = taken.fold(0u32, |number, byte| (number << 8) | u32::from(*byte));
    (number & 0x7FFF_FFFF) % 1_000_000
}

/// The address from which an authenticator app takes the secret, usually as a QR code. `who` is shown beside it.
pub fn otpauth_uri(secret: &Pii<String>, who: &str) -> Pii<String> {
    let (issuer, who) = (encoded(ISSUER), encoded(who));
    let secret = secret.reveal();
    Pii::new(format!(
        "otpauth://totp/{issuer}:{who}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={CODE_DIGITS}&period={STEP_SECONDS}"
    ))
}

fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1)).collect();
    let letter = |five: &[u8]| {
        let value = five.iter().chain(std::iter::repeat(&0)).take(5).fold(0u8, |value, bit| (value << 1) | bit);
        ALPHABET.get(usize::from(value)).copied().map_or('A', char::from)
    };
    bits.chunks(5).map(letter).collect()
}

/// Letters that are none of the alphabet say nothing.
fn unbase32(text: &str) -> Vec<u8> {
    let values = text.bytes().filter_map(|letter| ALPHABET.iter().position(|known| *known == letter));
    let bits: Vec<usize> = values.flat_map(|value| (0..5).rev().map(move |bit| (value >> bit) & 1)).collect();
    let byte = |eight: &[usize]| eight.iter().fold(0usize, |value, bit| (value << 1) | bit);
    bits.chunks_exact(8).filter_map(|eight| u8::try_from(byte(eight)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use domain::Moment;
    use domain::credential::step_of;

    use super::*;

    /// RFC 6238, appendix B, the column of SHA-1; of its eight digits the last six.
    #[test]
    fn k5_1_codes_are_those_of_rfc_6238() {
        let secret = Pii::new(base32(b"12345678901234567890"));
        assert_eq!(secret.reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (seconds, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let step = seconds / STEP_SECONDS;
            assert_eq!(code_at(&secret, step), code % 1_000_000, "{seconds}");
            let given = format!("{:06}", code % 1_000_000);
            let found = step_of(&given, 0, Moment::from_seconds(seconds), |step| code_at(&secret, step));
            assert_eq!(found, Some(step));
        }
    }

    #[test]
    fn base_32_comes_back() {
        for length in [0, 5, 10, 20] {
            let bytes: Vec<u8> = (0..length).map(|n: u8| n.wrapping_mul(37).wrapping_add(11)).collect();
            assert_eq!(unbase32(&base32(&bytes)), bytes);
        }
        assert_eq!(base32(b"f"), "MY");
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
    }

    #[test]
    fn b1_2_an_app_reads_the_secret_from_its_address() {
        let uri = otpauth_uri(&Pii::new("GEZDGNBV".to_owned()), "138****1234");
        assert!(uri.reveal().starts_with("otpauth://totp/%E8%AF%BE"));
        assert!(uri.reveal().ends_with("?secret=GEZDGNBV&issuer=%E8%AF%BE%E5%90%8E%E6%9C%8D%E5%8A%A1%E5%B9%B3%E5%8F%B0&algorithm=SHA1&digits=6&period=30"));
        assert!(uri.reveal().contains(":138%2A%2A%2A%2A1234?"));
    }
}
