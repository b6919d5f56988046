//! The callback battery: what may and what may not pass. Reference: payments §1.2–§1.4, §7.4 number 12.

use domain::fault::{Fault, Kind};
use domain::payment::{PayMethod, Source};
use domain::{Moment, Money};
use gateway::channel::{CallbackError, Notice};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use simulator::keys::{self, Signer};
use simulator::wechat::Faults;

use crate::world::{NUMBER, SCHOOL, START, World, checkout, settings};

/// A notification in the making. Each step may be bent, and the later steps are done rightly over it.
struct Letter {
    content: Value,
    seal_nonce: String,
    sealed_with: String,
    envelope: Value,
    raw_body: Option<Vec<u8>>,
    signer: Signer,
    timestamp: String,
    nonce: String,
    serial: String,
    at: i64,
}

impl Letter {
    fn right() -> Self {
        Self {
            content: json!({
                "sp_mchid": keys::SP_MCHID,
                "sub_mchid": SCHOOL,
                "sp_appid": keys::SP_APPID,
                "out_trade_no": NUMBER,
                "transaction_id": "4200000001202609010000000001",
                "trade_type": "JSAPI",
                "trade_state": "SUCCESS",
                "trade_state_desc": "支付成功",
                "bank_type": "OTHERS",
                "success_time": "2026-09-01T07:59:58+08:00",
                "payer": { "sp_openid": "oFictive0001" },
                "amount": { "total": 18_000, "payer_total": 18_000, "currency": "CNY", "payer_currency": "CNY" },
            }),
            seal_nonce: "fdasflkja484".into(),
            sealed_with: "transaction".into(),
            envelope: json!({
                "id": "EV-1",
                "create_time": "2026-09-01T08:00:00+08:00",
                "resource_type": "encrypt-resource",
                "event_type": "TRANSACTION.SUCCESS",
                "summary": "支付成功",
                "resource": {
                    "original_type": "transaction",
                    "algorithm": "AEAD_AES_256_GCM",
                    "associated_data": "transaction",
                },
            }),
            raw_body: None,
            signer: Signer::Platform,
            timestamp: START.to_string(),
            nonce: "593BEC0C930BF1AFEB40B4A08C8FB242".into(),
            serial: keys::PUBLIC_KEY_ID.into(),
            at: START,
        }
    }

    /// Makes it one of a refund.
    fn refund(&mut self, status: &str) {
        self.content = json!({
            "sp_mchid": keys::SP_MCHID,
            "sub_mchid": SCHOOL,
            "out_trade_no": NUMBER,
            "transaction_id": "4200000001202609010000000001",
            "out_refund_no": format!("{NUMBER}-R1"),
            "refund_id": "50300000012026090100000000001",
            "refund_status": status,
            "success_time": "2026-09-01T07:59:58+08:00",
            "user_received_account": "支付用户零钱",
            "amount": { "total": 18_000, "refund": 6_000, "payer_total": 18_000, "payer_refund": 6_000 },
        });
        self.envelope["event_type"] = json!(format!("REFUND.{status}"));
        self.envelope["resource"]["original_type"] = json!("refund");
        self.envelope["resource"]["associated_data"] = json!("refund");
        self.sealed_with = "refund".into();
    }

    fn write(mut self) -> (HeaderMap, Vec<u8>) {
        let resource = self.envelope["resource"].as_object_mut().unwrap();
        let sealed = keys::seal(self.content.to_string().as_bytes(), &self.seal_nonce, &self.sealed_with);
        resource.entry("ciphertext").or_insert(json!(sealed));
        resource.entry("nonce").or_insert(json!(self.seal_nonce));
        let body = self.raw_body.unwrap_or_else(|| self.envelope.to_string().into_bytes());
        let head = format!("{}\n{}\n", self.timestamp, self.nonce);
        let signature = keys::sign(self.signer, &[head.as_bytes(), &body, b"\n"].concat());
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("Wechatpay-Timestamp", self.timestamp),
            ("Wechatpay-Nonce", self.nonce),
            ("Wechatpay-Serial", self.serial),
            ("Wechatpay-Signature", signature),
            ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048".into()),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        (headers, body)
    }
}

struct Case {
    name: &'static str,
    /// `paid`, `echo`, `foreign`, `other`, or the slug without `callback/`.
    expected: &'static str,
    /// Whether it is of a refund before it is bent.
    refund: bool,
    bend: fn(&mut Letter),
    bend_wire: fn(&mut HeaderMap, &mut Vec<u8>),
}

const fn case(name: &'static str, expected: &'static str, bend: fn(&mut Letter)) -> Case {
    Case { name, expected, refund: false, bend, bend_wire: |_, _| {} }
}

const fn on_wire(name: &'static str, expected: &'static str, bend_wire: fn(&mut HeaderMap, &mut Vec<u8>)) -> Case {
    Case { name, expected, refund: false, bend: |_| {}, bend_wire }
}

fn replace(headers: &mut HeaderMap, name: &'static str, change: impl FnOnce(&str) -> String) {
    let changed = change(headers[name].to_str().unwrap());
    headers.insert(name, changed.parse().unwrap());
}

fn remove(headers: &mut HeaderMap, name: &str) {
    assert!(headers.remove(name).is_some(), "{name} was there");
}

const SIGNATURE: &str = "Wechatpay-Signature";
const TIMESTAMP: &str = "Wechatpay-Timestamp";
const NONCE: &str = "Wechatpay-Nonce";
const SERIAL: &str = "Wechatpay-Serial";
const TYPE: &str = "Wechatpay-Signature-Type";

/// Right ones, and those that are unusual but right.
const RIGHT: [Case; 23] = [
    case("as the provider sends it", "paid", |_| {}),
    case("299 seconds old", "paid", |l| l.at = START + 299),
    case("300 seconds old", "paid", |l| l.at = START + 300),
    case("299 seconds ahead", "paid", |l| l.at = START - 299),
    case("300 seconds ahead", "paid", |l| l.at = START - 300),
    case("signed by the certificate, which is still trusted", "paid", |l| {
        l.signer = Signer::Certificate;
        l.serial = keys::CERTIFICATE_SERIAL.into();
    }),
    on_wire("without signature type", "paid", |h, _| remove(h, TYPE)),
    case("without associated data", "paid", |l| {
        l.sealed_with.clear();
        l.envelope["resource"].as_object_mut().unwrap().remove("associated_data");
    }),
    case("with empty associated data", "paid", |l| {
        l.sealed_with.clear();
        l.envelope["resource"]["associated_data"] = json!("");
    }),
    case("with null associated data", "paid", |l| {
        l.sealed_with.clear();
        l.envelope["resource"]["associated_data"] = Value::Null;
    }),
    case("with fields nobody knows", "paid", |l| {
        l.content["new"] = json!({ "a": 1 });
        l.envelope["new"] = json!([1]);
    }),
    case("pretty-printed with a line end", "paid", |l| {
        let letter = serde_json::from_slice::<Value>(&Letter::right().write().1).unwrap();
        l.raw_body = Some(format!("{letter:#}\r\n").into_bytes());
    }),
    case("another amount: compared with the payment later", "paid", |l| l.content["amount"]["total"] = json!(1)),
    case("dollars: compared with the payment later", "paid", |l| l.content["amount"]["currency"] = json!("USD")),
    case("a number that is not ours", "foreign", |l| l.content["out_trade_no"] = json!("SHOP-0001")),
    case("the self-test", "echo", |l| {
        l.envelope["event_type"] = json!("SECURITY_ECHO.SUCCESS");
        l.envelope["resource"]["original_type"] = json!("security");
    }),
    case("what has no rule", "other", |l| l.envelope["event_type"] = json!("PROFITSHARING.SUCCESS")),
    case("a refund in a way unheard of", "other", |l| l.envelope["event_type"] = json!("REFUND.PENDING")),
    case("a refund that is done", "refund", |l| l.refund("SUCCESS")),
    case("a refund that is abnormal", "refund", |l| l.refund("ABNORMAL")),
    case("a refund that is closed", "refund", |l| l.refund("CLOSED")),
    case("a refund made elsewhere", "foreign", |l| {
        l.refund("SUCCESS");
        l.content["out_refund_no"] = json!("500000001");
    }),
    case("another amount of a refund: compared with it later", "refund", |l| {
        l.refund("SUCCESS");
        l.content["amount"]["refund"] = json!(1);
    }),
];

/// Wrong signatures, times, serials and headers.
const UNVERIFIED: [Case; 28] = [
    case("301 seconds old", "stale-timestamp", |l| l.at = START + 301),
    case("301 seconds ahead", "stale-timestamp", |l| l.at = START - 301),
    case("timestamp zero", "stale-timestamp", |l| l.timestamp = "0".into()),
    case("timestamp beyond all numbers", "stale-timestamp", |l| l.timestamp = "9".repeat(30)),
    case("lowest timestamp", "stale-timestamp", |l| l.timestamp = i64::MIN.to_string()),
    case("timestamp no number", "stale-timestamp", |l| l.timestamp = "today".into()),
    case("timestamp in milliseconds", "stale-timestamp", |l| l.timestamp = format!("{START}000")),
    on_wire("timestamp changed by a second", "bad-signature", |h, _| {
        replace(h, TIMESTAMP, |_| (START + 1).to_string());
    }),
    on_wire("nonce changed", "bad-signature", |h, _| replace(h, NONCE, |n| n.replace("59", "58"))),
    on_wire("nonce empty", "bad-signature", |h, _| replace(h, NONCE, |_| String::new())),
    on_wire("time and nonce joined otherwise", "stale-timestamp", |h, _| {
        replace(h, TIMESTAMP, |t| format!("{t}5"));
        replace(h, NONCE, |n| n.trim_start_matches('5').to_owned());
    }),
    on_wire("signature empty", "bad-signature", |h, _| replace(h, SIGNATURE, |_| String::new())),
    on_wire("signature no base64", "bad-signature", |h, _| replace(h, SIGNATURE, |_| "%%%".into())),
    on_wire("signature cut", "bad-signature", |h, _| replace(h, SIGNATURE, |s| s.chars().take(340).collect())),
    on_wire("probe in place of a signature", "bad-signature", |h, _| {
        replace(h, SIGNATURE, |s| format!("WECHATPAY/SIGNTEST/{s}"));
    }),
    on_wire("probe that is base64", "bad-signature", |h, _| {
        replace(h, SIGNATURE, |s| format!("WECHATPAY/SIGNTEST/{}", s.chars().skip(19).collect::<String>()));
    }),
    case("signed by us", "bad-signature", |l| l.signer = Signer::Merchant),
    case("signed by the certificate under the serial of the public key", "bad-signature", |l| {
        l.signer = Signer::Certificate;
    }),
    case("signed by the public key under the serial of the certificate", "bad-signature", |l| {
        l.serial = keys::CERTIFICATE_SERIAL.into();
    }),
    case("a serial nobody knows", "unknown-serial", |l| l.serial = "PUB_KEY_ID_OF_NOBODY".into()),
    case("our own serial", "unknown-serial", |l| {
        l.signer = Signer::Merchant;
        l.serial = keys::MERCHANT_SERIAL.into();
    }),
    case("the right serial in small letters", "unknown-serial", |l| l.serial = l.serial.to_lowercase()),
    on_wire("no timestamp", "missing-header", |h, _| remove(h, TIMESTAMP)),
    on_wire("no nonce", "missing-header", |h, _| remove(h, NONCE)),
    on_wire("no signature", "missing-header", |h, _| remove(h, SIGNATURE)),
    on_wire("no serial", "missing-header", |h, _| remove(h, SERIAL)),
    on_wire("two signatures", "missing-header", |h, _| {
        h.append(SIGNATURE, HeaderValue::from_static("AAAA"));
    }),
    on_wire("another signature type", "unsupported-algorithm", |h, _| {
        replace(h, TYPE, |_| "WECHATPAY2-SM2-WITH-SM3".into());
    }),
];

/// Changed on the way.
const CHANGED: [Case; 5] = [
    on_wire("body with one more blank", "bad-signature", |_, b| b.push(b' ')),
    on_wire("body empty", "bad-signature", |_, b| b.clear()),
    on_wire("body cut", "bad-signature", |_, b| b.truncate(b.len() / 2)),
    on_wire("body written again", "bad-signature", |_, b| {
        *b = format!("{:#}", serde_json::from_slice::<Value>(b).unwrap()).into_bytes();
    }),
    on_wire("body of 64 KiB and one byte", "bad-envelope", |_, b| b.resize(64 * 1024 + 1, b' ')),
];

/// Rightly signed, and wrong inside.
const SIGNED: [Case; 33] = [
    case("no JSON", "bad-envelope", |l| l.raw_body = Some(b"SUCCESS".to_vec())),
    case("empty and signed", "bad-envelope", |l| l.raw_body = Some(Vec::new())),
    case("a list", "bad-envelope", |l| l.raw_body = Some(b"[]".to_vec())),
    case("not UTF-8", "bad-envelope", |l| l.raw_body = Some(vec![0xff, 0xfe])),
    case("two ids", "bad-envelope", |l| {
        l.raw_body = Some(l.envelope.to_string().replacen('{', "{\"id\":\"EV-2\",", 1).into_bytes());
    }),
    case("no id", "bad-envelope", |l| drop(l.envelope.as_object_mut().unwrap().remove("id"))),
    case("empty id", "bad-envelope", |l| l.envelope["id"] = json!("")),
    case("no event type", "bad-envelope", |l| drop(l.envelope.as_object_mut().unwrap().remove("event_type"))),
    case("resource without algorithm", "bad-envelope", |l| {
        l.envelope["resource"].as_object_mut().unwrap().remove("algorithm");
    }),
    case("another algorithm", "unsupported-algorithm", |l| l.envelope["resource"]["algorithm"] = json!("AEAD_SM4_GCM")),
    case("ciphertext no base64", "bad-decryption", |l| l.envelope["resource"]["ciphertext"] = json!("%%%")),
    case("ciphertext empty", "bad-decryption", |l| l.envelope["resource"]["ciphertext"] = json!("")),
    case("ciphertext of another key", "bad-decryption", |l| {
        l.envelope["resource"]["ciphertext"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    }),
    case("other associated data", "bad-decryption", |l| l.envelope["resource"]["associated_data"] = json!("refund")),
    case("associated data left out", "bad-decryption", |l| {
        l.envelope["resource"].as_object_mut().unwrap().remove("associated_data");
    }),
    case("another nonce", "bad-decryption", |l| l.envelope["resource"]["nonce"] = json!("fdasflkja485")),
    case("a nonce of 11 bytes", "bad-decryption", |l| l.envelope["resource"]["nonce"] = json!("fdasflkja48")),
    case("a nonce of 13 bytes", "bad-decryption", |l| l.envelope["resource"]["nonce"] = json!("fdasflkja4841")),
    case("the self-test sealed with other data", "bad-decryption", |l| {
        l.envelope["event_type"] = json!("SECURITY_ECHO.SUCCESS");
        l.sealed_with = "other".into();
    }),
    case("a refund under the name of a payment", "bad-resource", |l| {
        l.envelope["resource"]["original_type"] = json!("refund");
    }),
    case("content no object", "bad-resource", |l| l.content = json!("paid")),
    case("content without amount", "bad-resource", |l| drop(l.content.as_object_mut().unwrap().remove("amount"))),
    case("content without number", "bad-resource", |l| {
        drop(l.content.as_object_mut().unwrap().remove("out_trade_no"));
    }),
    case("content without the provider's number", "bad-resource", |l| {
        drop(l.content.as_object_mut().unwrap().remove("transaction_id"));
    }),
    case("the provider's number empty", "bad-resource", |l| l.content["transaction_id"] = json!("")),
    case("amount in yuan", "bad-resource", |l| l.content["amount"]["total"] = json!(180.0)),
    case("amount as text", "bad-resource", |l| l.content["amount"]["total"] = json!("18000")),
    case("no time of payment", "bad-resource", |l| drop(l.content.as_object_mut().unwrap().remove("success_time"))),
    case("time of payment without zone", "bad-resource", |l| l.content["success_time"] = json!("2026-09-01T08:00:00")),
    case("a success that says not paid", "bad-resource", |l| l.content["trade_state"] = json!("NOTPAY")),
    case("a success that says closed", "bad-resource", |l| l.content["trade_state"] = json!("CLOSED")),
    case("another merchant", "wrong-merchant", |l| l.content["sp_mchid"] = json!("1900000999")),
    case("another application", "wrong-app", |l| l.content["sp_appid"] = json!("wx0000fictive99999")),
];

/// Rightly signed, and wrong inside a refund.
const REFUNDS: [Case; 12] = [
    case("a payment under the name of a refund", "bad-resource", |l| {
        l.envelope["event_type"] = json!("REFUND.SUCCESS");
    }),
    refund("status that contradicts the event", "bad-resource", |l| l.content["refund_status"] = json!("ABNORMAL")),
    refund("status under its name in answers", "bad-resource", |l| {
        let content = l.content.as_object_mut().unwrap();
        let status = content.remove("refund_status").unwrap();
        content.insert("status".into(), status);
    }),
    refund("another merchant", "wrong-merchant", |l| l.content["sp_mchid"] = json!("1900000999")),
    refund("number of another payment", "bad-resource", |l| l.content["out_trade_no"] = json!("20261-7K3M9Q2XAB-02-1")),
    refund("no number of the provider", "bad-resource", |l| l.content["refund_id"] = json!("")),
    refund("no number of the transaction", "bad-resource", |l| l.content["transaction_id"] = json!("")),
    refund("done without a time", "bad-resource", |l| drop(l.content.as_object_mut().unwrap().remove("success_time"))),
    refund("amount as text", "bad-resource", |l| l.content["amount"]["refund"] = json!("6000")),
    refund("no amount", "bad-resource", |l| drop(l.content.as_object_mut().unwrap().remove("amount"))),
    refund("sealed as a payment", "bad-decryption", |l| l.sealed_with = "transaction".into()),
    refund("signed by us", "bad-signature", |l| l.signer = Signer::Merchant),
];

const fn refund(name: &'static str, expected: &'static str, bend: fn(&mut Letter)) -> Case {
    Case { name, expected, refund: true, bend, bend_wire: |_, _| {} }
}

fn outcome(opened: &Result<Notice, CallbackError>) -> String {
    match opened {
        Ok(Notice::Paid { .. }) => "paid".into(),
        Ok(Notice::Refund { .. }) => "refund".into(),
        Ok(Notice::Ask { .. }) => "ask".into(),
        Ok(Notice::Foreign { .. }) => "foreign".into(),
        Ok(Notice::Echo { .. }) => "echo".into(),
        Ok(Notice::Other { .. }) => "other".into(),
        Err(error) => error.slug().trim_start_matches("callback/").to_owned(),
    }
}

#[test]
fn p3_the_battery() {
    let world = World::new();
    let mut wrong = Vec::new();
    let cases: Vec<&Case> = RIGHT.iter().chain(&UNVERIFIED).chain(&CHANGED).chain(&SIGNED).chain(&REFUNDS).collect();
    assert!(cases.len() >= 40);
    for case in cases {
        let mut letter = Letter::right();
        if case.refund {
            letter.refund("SUCCESS");
        }
        (case.bend)(&mut letter);
        world.set_now(letter.at);
        let (mut headers, mut body) = letter.write();
        (case.bend_wire)(&mut headers, &mut body);
        let got = outcome(&world.channel.open_callback(&headers, &body));
        if got != case.expected {
            wrong.push(format!("{}: {got}, expected {}", case.name, case.expected));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn p3_the_evidence_says_what_the_provider_said() {
    let world = World::new();
    let (headers, body) = Letter::right().write();
    let Ok(Notice::Paid { event_id, evidence }) = world.channel.open_callback(&headers, &body) else {
        panic!("it is right")
    };
    assert_eq!((event_id.as_str(), evidence.event.as_deref()), ("EV-1", Some("EV-1")));
    assert_eq!((evidence.source, evidence.payment.as_str()), (Source::Callback, NUMBER));
    assert_eq!((evidence.merchant.as_str(), evidence.sub_merchant.as_str()), (keys::SP_MCHID, SCHOOL));
    assert_eq!((evidence.app.as_str(), evidence.currency.as_str()), (keys::SP_APPID, "CNY"));
    assert_eq!((evidence.total, evidence.paid_at.seconds()), (Money::from_fen(18_000), START - 2));
    assert_eq!(evidence.transaction, "4200000001202609010000000001");
}

#[test]
fn p3_no_single_bit_may_change() {
    let world = World::new();
    let (headers, body) = Letter::right().write();
    for place in 0..body.len() * 8 {
        let mut changed = body.clone();
        changed[place / 8] ^= 1 << (place % 8);
        let opened = world.channel.open_callback(&headers, &changed);
        assert_eq!(opened, Err(CallbackError::BadSignature), "bit {place} of the body");
    }
    for name in [SIGNATURE, NONCE, TIMESTAMP, SERIAL] {
        let value = headers[name].as_bytes().to_vec();
        for place in 0..value.len() * 8 {
            let mut changed = value.clone();
            changed[place / 8] ^= 1 << (place % 8);
            // What is no header value never reaches us.
            let Ok(changed) = HeaderValue::from_bytes(&changed) else { continue };
            let mut headers = headers.clone();
            headers.insert(name, changed);
            let opened = world.channel.open_callback(&headers, &body);
            assert!(opened.is_err(), "bit {place} of {name}");
        }
    }
}

#[test]
fn p3_a_letter_made_elsewhere_opens() {
    let letter: Value = serde_json::from_str(include_str!("openssl.json")).unwrap();
    let text = |name: &str| letter[name].as_str().unwrap();
    let mut headers = HeaderMap::new();
    for (header, field) in [(TIMESTAMP, "timestamp"), (NONCE, "nonce"), (SERIAL, "serial"), (SIGNATURE, "signature")] {
        headers.insert(header, text(field).parse().unwrap());
    }
    let opened = World::new().channel.open_callback(&headers, text("body").as_bytes());
    assert_eq!(outcome(&opened), "paid", "{opened:?}");
}

#[test]
fn p3_a_certificate_that_is_taken_out_is_not_accepted() {
    let mut later = settings();
    later.verifiers.retain(|verifier| verifier.serial != keys::CERTIFICATE_SERIAL);
    let world = World::with(later);
    let mut letter = Letter::right();
    letter.signer = Signer::Certificate;
    letter.serial = keys::CERTIFICATE_SERIAL.into();
    let (headers, body) = letter.write();
    let opened = world.channel.open_callback(&headers, &body);
    assert_eq!(opened, Err(CallbackError::UnknownSerial(keys::CERTIFICATE_SERIAL.into())));
}

#[test]
fn each_reason_has_its_status() {
    for (error, kind) in [
        (CallbackError::MissingHeader(SERIAL), Kind::UnknownCaller),
        (CallbackError::StaleTimestamp, Kind::UnknownCaller),
        (CallbackError::UnknownSerial("1".into()), Kind::UnknownCaller),
        (CallbackError::BadSignature, Kind::UnknownCaller),
        (CallbackError::UnsupportedAlgorithm, Kind::UnknownCaller),
        (CallbackError::BadDecryption, Kind::UnknownCaller),
        (CallbackError::WrongMerchant, Kind::UnknownCaller),
        (CallbackError::WrongApp, Kind::UnknownCaller),
        (CallbackError::BadEnvelope, Kind::Malformed),
        (CallbackError::BadResource, Kind::Malformed),
    ] {
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.slug().starts_with("callback/"));
    }
}

/// What the simulator's switches do, seen from the receiving end.
#[tokio::test]
async fn p3_the_switches_of_the_simulator() {
    let on = |set: fn(&mut Faults)| {
        let mut faults = Faults::default();
        set(&mut faults);
        faults
    };
    let cases = [
        (on(|_| {}), "paid"),
        (on(|f| f.tamper_body = true), "bad-signature"),
        (on(|f| f.tamper_signature = true), "bad-signature"),
        (on(|f| f.probe = true), "bad-signature"),
        (on(|f| f.stale = true), "stale-timestamp"),
        (on(|f| f.unknown_serial = true), "unknown-serial"),
        (on(|f| f.old_certificate = true), "paid"),
        (on(|f| f.wrong_amount = true), "paid"),
        (on(|f| f.other_school = true), "paid"),
        (on(|f| f.wrong_currency = true), "paid"),
        (on(|f| f.wrong_app = true), "wrong-app"),
    ];
    for (faults, expected) in cases {
        let world = World::new();
        world.channel.create(&checkout(PayMethod::Native)).await.unwrap();
        world.provider().set_faults(faults.clone());
        world.pay();
        let first = world.provider().take_callbacks(world.now().timestamp()).remove(0);
        let opened = world.channel.open_callback(first.request.headers(), first.request.body());
        assert_eq!(outcome(&opened), expected, "{faults:?}");
        // The next delivery is right: the switches spoil one.
        world.set_now(START + 15);
        let second = world.provider().take_callbacks(Moment::from_seconds(START + 15).timestamp()).remove(0);
        let opened = world.channel.open_callback(second.request.headers(), second.request.body());
        let Ok(Notice::Paid { event_id, evidence }) = opened else { panic!("{opened:?}") };
        assert_eq!((event_id, second.id.clone()), (first.id, second.id));
        assert_eq!((evidence.total, evidence.sub_merchant.as_str()), (Money::from_fen(18_000), SCHOOL));
    }
}
