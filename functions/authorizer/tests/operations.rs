//! The battery of tokens: who is let in, and as whom. K5.1, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use simulator::{keys, session};
use testkit::stage::Stage;
use testkit::{Faults, START, simulate};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/authorizer");

/// The session of all tokens here.
const SID: &str = "5f0c1d7e9b3a4c265f0c1d7e9b3a4c26";

/// Each event, and the grants it proves; empty when it proves nothing.
const SAMPLES: [(&str, &str); 9] = [
    ("guardian", "guardian@children"),
    ("school-admin", "school_admin@school:3144200101"),
    ("system-admin", "system_admin@platform guardian@children"),
    ("yesterday", ""),
    ("tomorrow", ""),
    ("key-of-somebody-else", ""),
    ("no-token", ""),
    ("basic", ""),
    ("garbage", ""),
];

/// Counts the lines of the security log.
#[derive(Clone, Default)]
struct SecurityLog(Arc<AtomicUsize>);

#[derive(Default)]
struct Line {
    security: bool,
    text: String,
}

impl Visit for Line {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.security |= field.name() == "security" && value;
    }

    fn record_debug(&mut self, _field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a text cannot fail.
        write!(self.text, "{value:?} ").expect("a text");
    }
}

impl<S: tracing::Subscriber> Layer<S> for SecurityLog {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        assert!(!line.text.contains("eyJ"), "no token is written to the log: {}", line.text);
        self.0.fetch_add(usize::from(line.security), Ordering::Relaxed);
    }
}

/// What the authorizer says of an event, and how many lines of the security log it has written.
fn ask(event: Value) -> (Result<Value, String>, usize) {
    let log = SecurityLog::default();
    let logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let said = simulate(1, async |world| {
        authorizer::authorize(Stage::new(&world).app(), event).await.map_err(|error| error.to_string())
    });
    drop(logging);
    (said, log.0.load(Ordering::Relaxed))
}

fn of_header(header: &str) -> (Result<Value, String>, usize) {
    let arn = "arn:aws-cn:execute-api:cn-northwest-1:123456789012:a1b2c3d4e5/v1/GET/orders/20261-S000000000-01";
    ask(json!({"type": "TOKEN", "methodArn": arn, "authorizationToken": header}))
}

/// Claims that hold now.
fn claims() -> Value {
    let now = START.as_second();
    json!({
        "iss": session::ISSUER, "aud": session::AUDIENCE, "sub": "G000000000", "iat": now, "exp": now + 900,
        "typ": "access", "sid": SID, "sv": 0, "grants": ["guardian@children"],
    })
}

fn header() -> Header {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(session::KEY_ID.to_owned());
    header
}

fn signed(header: &Header, claims: &Value) -> String {
    let key = EncodingKey::from_ec_pem(session::PRIVATE_PEM.as_bytes()).expect("the issuer's key");
    encode(header, claims, &key).expect("a token")
}

fn with(name: &str, value: Value) -> String {
    let mut claims = claims();
    claims[name] = value;
    format!("Bearer {}", signed(&header(), &claims))
}

fn without(name: &str) -> String {
    let mut claims = claims();
    claims.as_object_mut().expect("claims").remove(name);
    format!("Bearer {}", signed(&header(), &claims))
}

/// A token with a head of one's own and any signature.
fn bare(head: &Value, signature: &str) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("Bearer {}.{}.{signature}", part(head), part(&claims()))
}

/// The same token with one bit of a part changed.
fn flipped(part: usize, place: usize) -> String {
    let token = signed(&header(), &claims());
    let mut parts: Vec<Vec<u8>> =
        token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64")).collect();
    let at = place % parts[part].len();
    parts[part][at] ^= 1;
    let parts: Vec<String> = parts.iter().map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).collect();
    format!("Bearer {}", parts.join("."))
}

fn kid(kid: Option<&str>) -> String {
    let head = Header { kid: kid.map(str::to_owned), ..header() };
    format!("Bearer {}", signed(&head, &claims()))
}

/// Where no key is fetched from: a call would end the test.
const ELSEWHERE: &str = "https://keys.invalid/jwks";

fn by_header(head: &Header) -> String {
    format!("Bearer {}", signed(head, &claims()))
}

fn own_key() -> Jwk {
    let key = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    serde_json::from_value(key).expect("a key")
}

fn by_other_algorithm(algorithm: Algorithm, key: &EncodingKey) -> String {
    let mut head = Header::new(algorithm);
    head.kid = Some(session::KEY_ID.to_owned());
    format!("Bearer {}", encode(&head, &claims(), key).expect("a token"))
}

#[test]
fn every_event_is_run() {
    let files = std::fs::read_dir(EVENTS).expect("a folder of events/");
    let stored: BTreeSet<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("text")).collect();
    assert_eq!(stored, SAMPLES.iter().map(|(file, _)| format!("{file}.json")).collect());
    for (file, grants) in SAMPLES {
        let text = std::fs::read_to_string(format!("{EVENTS}/{file}.json")).expect("a file");
        let (said, lines) = ask(serde_json::from_str(&text).expect("JSON"));
        match said {
            Ok(policy) => assert_eq!((policy["context"]["grants"].as_str(), lines), (Some(grants), 0), "{file}"),
            Err(word) => assert_eq!((word.as_str(), grants, lines), ("Unauthorized", "", 1), "{file}"),
        }
    }
}

#[test]
fn k5_1_a_valid_token_lets_in_with_who_it_is() {
    let (said, lines) = of_header(&format!("Bearer {}", signed(&header(), &claims())));
    let policy = said.expect("let in");
    assert_eq!(policy["principalId"], "G000000000");
    let context = json!({"sub": "G000000000", "sid": SID, "sv": "0", "grants": "guardian@children"});
    assert_eq!(policy["context"], context);
    let statement = &policy["policyDocument"]["Statement"][0];
    assert_eq!((&statement["Effect"], &statement["Action"]), (&json!("Allow"), &json!("execute-api:Invoke")));
    let stage = "arn:aws-cn:execute-api:cn-northwest-1:123456789012:a1b2c3d4e5/v1/*";
    assert_eq!(statement["Resource"], stage, "the answer is kept for all methods of this stage, and of no other");
    assert_eq!(lines, 0);
    let (said, _) = of_header(&with("grants", json!(["teacher@classes:3144200101", "school_admin@school:3144200102"])));
    let grants = "teacher@classes:3144200101 school_admin@school:3144200102";
    assert_eq!(said.expect("let in")["context"]["grants"], grants);
}

#[test]
fn k5_1_clocks_may_differ_by_half_a_minute() {
    let now = START.as_second();
    for (name, moment, passes) in [
        ("exp", now - 29, true),
        ("exp", now - 30, false),
        ("exp", now - 3600, false),
        ("iat", now + 30, true),
        ("iat", now + 31, false),
        ("nbf", now - 5, true),
        ("nbf", now + 30, true),
        ("nbf", now + 31, false),
    ] {
        let (said, lines) = of_header(&with(name, json!(moment)));
        assert_eq!((said.is_ok(), lines), (passes, usize::from(!passes)), "{name} {}", moment - now);
    }
}

#[test]
fn k5_1_whatever_is_not_the_issuers_is_refused() {
    let public = EncodingKey::from_secret(session::PUBLIC_PEM.as_bytes());
    let merchant = EncodingKey::from_rsa_pem(keys::MERCHANT_KEY_PEM.as_bytes()).expect("a key");
    let valid = signed(&header(), &claims());
    let (unsigned, _) = valid.rsplit_once('.').expect("three parts");
    let mut cases = vec![
        ("empty", String::new()),
        ("the word alone", "Bearer".to_owned()),
        ("the word and nothing", "Bearer ".to_owned()),
        ("the token without the word", valid.clone()),
        ("another scheme", format!("Basic {valid}")),
        ("two spaces", format!("Bearer  {valid}")),
        ("something behind", format!("Bearer {valid} x")),
        ("two tokens", format!("Bearer {valid},{valid}")),
        ("no token at all", "Bearer x".to_owned()),
        ("four parts", format!("Bearer {valid}.x")),
        ("without signature", format!("Bearer {unsigned}.")),
        ("algorithm none", bare(&json!({"alg": "none", "typ": "JWT", "kid": session::KEY_ID}), "")),
        ("algorithm None", bare(&json!({"alg": "None", "kid": session::KEY_ID}), "AAAA")),
        ("no algorithm", bare(&json!({"typ": "JWT", "kid": session::KEY_ID}), "")),
        ("HS256 with the public key", by_other_algorithm(Algorithm::HS256, &public)),
        ("HS512 with the public key", by_other_algorithm(Algorithm::HS512, &public)),
        ("RS256 with another key", by_other_algorithm(Algorithm::RS256, &merchant)),
        ("unknown kid", kid(Some(session::NEXT_KEY_ID))),
        ("empty kid", kid(Some(""))),
        ("no kid", kid(None)),
        ("kid that is a path", kid(Some("../../keys/session.pub.pem"))),
        ("wrong issuer", with("iss", json!("https://elsewhere.invalid"))),
        ("no issuer", without("iss")),
        ("wrong audience", with("aud", json!("another-platform"))),
        ("no audience", without("aud")),
        ("refresh token", with("typ", json!("refresh"))),
        ("no type", without("typ")),
        ("grants that do not read", with("grants", json!(["root"]))),
        ("a role without a scope", with("grants", json!(["school_admin@school"]))),
        ("grants as one text", with("grants", json!("school_admin@school:3144200101"))),
        ("no grants", without("grants")),
        ("no session", without("sid")),
        ("a session that does not read", with("sid", json!("../1"))),
        ("no session version", without("sv")),
        ("a subject that does not read", with("sub", json!("G0000"))),
        ("a key brought along", by_header(&Header { jwk: Some(own_key()), ..header() })),
        ("a key lying elsewhere", by_header(&Header { jku: Some(ELSEWHERE.to_owned()), ..header() })),
        ("a certificate lying elsewhere", by_header(&Header { x5u: Some(ELSEWHERE.to_owned()), ..header() })),
        ("a certificate brought along", by_header(&Header { x5c: Some(vec!["MIIB".to_owned()]), ..header() })),
        ("truncated", format!("Bearer {}", valid.get(..valid.len() - 1).expect("ASCII"))),
        ("oversized", with("more", json!("x".repeat(5_000)))),
        ("no subject", without("sub")),
        ("no end", without("exp")),
        ("no beginning", without("iat")),
        ("an end that is a text", with("exp", json!("never"))),
        ("an end beyond all numbers", with("exp", json!(1e300))),
    ];
    for place in [0, 7, 31, 63] {
        cases.push(("a bit of the signature", flipped(2, place)));
        cases.push(("a bit of the claims", flipped(1, place * 3)));
    }
    for (name, header) in &cases {
        let (said, lines) = of_header(header);
        assert_eq!((said, lines), (Err("Unauthorized".to_owned()), 1), "{name}");
    }
    println!("token battery: {} refused", cases.len());
}

/// What the authorizer says of a token while it trusts these keys.
fn trusting(keys: &[(&str, &str)], header: &str) -> bool {
    simulate(1, async |world| {
        let stage = Stage::new(&world);
        let keys: Vec<Value> = keys.iter().map(|(kid, pem)| json!({"kid": kid, "pem": pem})).collect();
        let secret = json!({"issuer": session::ISSUER, "audience": session::AUDIENCE, "keys": keys});
        world.put_secret("test/session", &secret);
        let event = json!({"authorizationToken": header, "methodArn": "arn:aws-cn:execute-api:r:1:a/v1/GET/terms"});
        authorizer::authorize(stage.app(), event).await.is_ok()
    })
}

#[test]
fn k5_1_while_keys_change_tokens_of_both_pass_and_after_it_those_of_the_old_one_fail() {
    let by = |kid: &str, pem: &str| {
        let key = EncodingKey::from_ec_pem(pem.as_bytes()).expect("a key");
        let head = Header { kid: Some(kid.to_owned()), ..header() };
        format!("Bearer {}", encode(&head, &claims(), &key).expect("a token"))
    };
    let (old, new) = ((session::KEY_ID, session::PUBLIC_PEM), (session::NEXT_KEY_ID, session::NEXT_PUBLIC_PEM));
    let by_old = by(session::KEY_ID, session::PRIVATE_PEM);
    let by_new = by(session::NEXT_KEY_ID, session::NEXT_PRIVATE_PEM);
    let crossed = by(session::NEXT_KEY_ID, session::PRIVATE_PEM);
    for (keys, passes) in [
        (vec![old], [true, false, false]),
        (vec![old, new], [true, true, false]),
        (vec![new], [false, true, false]),
        (Vec::new(), [false, false, false]),
    ] {
        let found = [&by_old, &by_new, &crossed].map(|token| trusting(&keys, token));
        assert_eq!(found, passes, "{} keys", keys.len());
    }
}

#[test]
fn k5_1_without_its_keys_the_authorizer_lets_nobody_in() {
    simulate(1, async |world| {
        let app = Stage::new(&world).app();
        world.set_faults(Faults { connection_error: 1000, ..Faults::none() });
        let header = format!("Bearer {}", signed(&header(), &claims()));
        let event = json!({"authorizationToken": header, "methodArn": "arn:aws-cn:execute-api:r:1:a/v1/GET/terms"});
        assert!(authorizer::authorize(app.clone(), event.clone()).await.is_err());
        world.set_faults(Faults::none());
        assert!(authorizer::authorize(app, event).await.is_ok());
    });
}
