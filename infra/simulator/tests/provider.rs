//! The provider's rules, from the merchant's side of the line.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "every function of this target is a test or serves one"
)]

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::WechatPay;
use simulator::keys::{self, Signer};
use simulator::wechat::{Faults, PayRefusal, RESEND_SECONDS, RefundRefusal, RefundStep};

/// 2026-09-01 08:00 in China.
const START: i64 = 1_788_220_800;
const SCHOOL: &str = "1900000201";
const NUMBER: &str = "20261-7K3M9Q2XAB-01-1";
const HOST: &str = "https://api.mch.weixin.qq.com";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

fn signed(method: &Method, target: &str, body: &str, now: Timestamp) -> Request<Bytes> {
    let (timestamp, nonce) = (now.as_second(), "593BEC0C930BF1AFEB40B4A08C8FB242");
    let text = format!("{method}\n{target}\n{timestamp}\n{nonce}\n{body}\n");
    let signature = keys::sign(Signer::Merchant, text.as_bytes());
    let (merchant, serial) = (keys::SP_MCHID, keys::MERCHANT_SERIAL);
    Request::builder()
        .method(method)
        .uri(format!("{HOST}{target}"))
        .header(
            "Authorization",
            format!(
                r#"WECHATPAY2-SHA256-RSA2048 mchid="{merchant}",serial_no="{serial}",nonce_str="{nonce}",timestamp="{timestamp}",signature="{signature}""#
            ),
        )
        .header("Accept", "application/json")
        .header("User-Agent", "test")
        .header("Wechatpay-Serial", keys::PUBLIC_KEY_ID)
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap()
}

fn order(number: &str) -> Value {
    json!({
        "sp_appid": keys::SP_APPID, "sp_mchid": keys::SP_MCHID, "sub_mchid": SCHOOL, "description": "足球",
        "out_trade_no": number, "notify_url": "https://pay.example/callback",
        "time_expire": "2026-09-01T08:15:00+08:00", "amount": { "total": 18_000, "currency": "CNY" },
    })
}

fn post(provider: &mut WechatPay, path: &str, body: &Value, now: Timestamp) -> Response<Bytes> {
    provider.call(&signed(&Method::POST, path, &body.to_string(), now), now)
}

fn get(provider: &mut WechatPay, target: &str, now: Timestamp) -> Response<Bytes> {
    provider.call(&signed(&Method::GET, target, "", now), now)
}

fn create(provider: &mut WechatPay, number: &str) {
    let answer = post(provider, "/v3/pay/partner/transactions/native", &order(number), at(0));
    assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
}

fn code(answer: &Response<Bytes>) -> (u16, String) {
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    (answer.status().as_u16(), body["code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn only_the_merchant_is_answered() {
    let right = || signed(&Method::GET, "/v3/certificates", "", at(0));
    let mut provider = WechatPay::new(1);
    assert_eq!(provider.call(&right(), at(0)).status(), StatusCode::OK);
    assert_eq!(provider.call(&right(), at(300)).status(), StatusCode::OK);
    let mut wrong = vec![(right(), at(301)), (right(), at(-301))];
    let mut bent = |bend: &dyn Fn(&mut Request<Bytes>)| {
        let mut request = right();
        bend(&mut request);
        wrong.push((request, at(0)));
    };
    bent(&|r| *r.uri_mut() = format!("{HOST}/v3/certificates?a=1").parse().unwrap());
    bent(&|r| *r.method_mut() = Method::POST);
    bent(&|r| *r.body_mut() = Bytes::from_static(b" "));
    bent(&|r| drop(r.headers_mut().remove("Authorization")));
    bent(&|r| {
        let text = r.headers()["Authorization"].to_str().unwrap().replace(keys::SP_MCHID, "1900000000");
        r.headers_mut().insert("Authorization", text.parse().unwrap());
    });
    for (request, now) in wrong {
        assert_eq!(code(&provider.call(&request, now)), (401, "SIGN_ERROR".into()));
    }
    let mut anonymous = right();
    anonymous.headers_mut().remove("User-Agent");
    assert_eq!(code(&provider.call(&anonymous, at(0))), (400, "PARAM_ERROR".into()));
}

#[test]
fn a_create_is_checked_field_by_field() {
    let wrong: [(&str, Value); 12] = [
        ("/sp_mchid", json!("1900000999")),
        ("/sp_appid", json!("wx1")),
        ("/sub_mchid", json!("x")),
        ("/description", json!("")),
        ("/description", json!("课".repeat(128))),
        ("/out_trade_no", json!("12345")),
        ("/out_trade_no", json!("订单1234567")),
        ("/time_expire", json!("2026-09-01 08:15:00")),
        ("/time_expire", json!("2027-09-01T08:15:00+08:00")),
        ("/notify_url", json!("https://pay.example/?a=1")),
        ("/amount/total", json!(0)),
        ("/amount/currency", json!("USD")),
    ];
    for (pointer, value) in wrong {
        let mut provider = WechatPay::new(1);
        let mut body = order(NUMBER);
        *body.pointer_mut(pointer).unwrap() = value.clone();
        let answer = post(&mut provider, "/v3/pay/partner/transactions/native", &body, at(0));
        assert!(answer.status().is_client_error(), "{pointer} {value}");
        assert!(provider.payments().is_empty());
    }
    let mut provider = WechatPay::new(1);
    for kind in ["jsapi", "h5"] {
        let answer = post(&mut provider, &format!("/v3/pay/partner/transactions/{kind}"), &order(NUMBER), at(0));
        assert_eq!(code(&answer), (400, "PARAM_ERROR".into()), "{kind} lacks its payer or scene");
    }
    let mut misspelt = order(NUMBER);
    misspelt["notifyUrl"] = json!("x");
    let answer = post(&mut provider, "/v3/pay/partner/transactions/native", &misspelt, at(0));
    assert_eq!(code(&answer), (400, "PARAM_ERROR".into()));
}

#[test]
fn a_payer_pays_in_time_and_once() {
    let mut provider = WechatPay::new(1);
    assert_eq!(provider.pay(NUMBER, at(0)), Err(PayRefusal::Unknown));
    create(&mut provider, NUMBER);
    assert_eq!(provider.pay(NUMBER, at(901)), Err(PayRefusal::Expired));
    let transaction = provider.pay(NUMBER, at(900)).unwrap();
    assert_eq!(transaction.len(), 28);
    assert_eq!(provider.pay(NUMBER, at(900)), Err(PayRefusal::AlreadyPaid));
    let target =
        format!("/v3/pay/partner/transactions/id/{transaction}?sp_mchid={}&sub_mchid={SCHOOL}", keys::SP_MCHID);
    let shown: Value = serde_json::from_slice(get(&mut provider, &target, at(900)).body()).unwrap();
    assert_eq!((shown["out_trade_no"].as_str(), shown["trade_state"].as_str()), (Some(NUMBER), Some("SUCCESS")));
    assert_eq!(shown["success_time"], "2026-09-01T08:15:00+08:00");

    create(&mut provider, "20261-7K3M9Q2XAB-02-1");
    let close = "/v3/pay/partner/transactions/out-trade-no/20261-7K3M9Q2XAB-02-1/close";
    let body = json!({ "sp_mchid": keys::SP_MCHID, "sub_mchid": SCHOOL });
    let closed = post(&mut provider, close, &body, at(1));
    assert_eq!((closed.status(), closed.body().len()), (StatusCode::NO_CONTENT, 0));
    assert!(closed.headers().contains_key("Wechatpay-Signature"), "an empty body is signed too");
    assert_eq!(provider.pay("20261-7K3M9Q2XAB-02-1", at(2)), Err(PayRefusal::Closed));
    assert_eq!(code(&post(&mut provider, close, &body, at(3))), (400, "ORDER_CLOSED".into()));
}

#[test]
fn a_notification_comes_until_it_is_accepted() {
    let mut provider = WechatPay::new(1);
    create(&mut provider, NUMBER);
    provider.pay(NUMBER, at(0)).unwrap();
    let mut now = 0;
    let mut ids = Vec::new();
    for wait in RESEND_SECONDS {
        assert!(provider.take_callbacks(at(now - 1)).is_empty());
        let mut callbacks = provider.take_callbacks(at(now));
        assert_eq!(callbacks.len(), 1);
        let callback = callbacks.remove(0);
        provider.answered(&callback.id, StatusCode::INTERNAL_SERVER_ERROR);
        ids.push(callback.id);
        now += wait;
    }
    assert_eq!(provider.take_callbacks(at(now)).len(), 1, "the last one");
    assert_eq!(now, 24 * 3600 + 4 * 60, "24 hours and 4 minutes");
    assert_eq!(provider.next_due(), None);
    ids.dedup();
    assert_eq!(ids.len(), 1, "it keeps its number");

    let mut provider = WechatPay::new(1);
    create(&mut provider, NUMBER);
    provider.pay(NUMBER, at(0)).unwrap();
    let callback = provider.take_callbacks(at(0)).remove(0);
    provider.answered(&callback.id, StatusCode::NO_CONTENT);
    assert_eq!(provider.next_due(), None);
}

#[test]
fn faults_of_the_line() {
    let paid = |faults: Faults| {
        let mut provider = WechatPay::new(1);
        provider.set_faults(faults);
        for number in [NUMBER, "20261-7K3M9Q2XAB-02-1"] {
            create(&mut provider, number);
            provider.pay(number, at(0)).unwrap();
        }
        provider
    };
    let mut provider = paid(Faults { drop: 1, ..Faults::default() });
    assert!(provider.take_callbacks(at(0)).is_empty());
    assert_eq!(provider.take_callbacks(at(15)).len(), 2);

    let mut provider = paid(Faults { delay_seconds: 1_200, ..Faults::default() });
    assert!(provider.take_callbacks(at(1_199)).is_empty());
    assert_eq!(provider.take_callbacks(at(1_200)).len(), 2);

    let straight: Vec<String> = paid(Faults::default()).take_callbacks(at(0)).into_iter().map(|c| c.id).collect();
    let mut reversed: Vec<String> =
        paid(Faults { reorder: true, ..Faults::default() }).take_callbacks(at(0)).into_iter().map(|c| c.id).collect();
    reversed.reverse();
    assert_eq!(straight, reversed);

    let mut provider = paid(Faults::default());
    provider.set_faults_of(NUMBER, Some(Faults { duplicate: 99, ..Faults::default() }));
    assert_eq!(provider.take_callbacks(at(0)).len(), 101, "one payment comes a hundred times, the other once");
}

#[test]
fn a_daily_bill_tells_what_was_paid_that_day() {
    let mut provider = WechatPay::new(1);
    create(&mut provider, NUMBER);
    create(&mut provider, "20261-7K3M9Q2XAB-02-1");
    provider.pay(NUMBER, at(60)).unwrap();
    let bill = "/v3/bill/tradebill?bill_date=2026-09-01&bill_type=ALL";
    assert_eq!(code(&get(&mut provider, bill, at(3_600))), (400, "PARAM_ERROR".into()), "the day is not over");
    let next_morning = 25 * 3_600;
    assert_eq!(code(&get(&mut provider, bill, at(next_morning))), (400, "STATEMENT_CREATING".into()));
    let ready = at(26 * 3_600);
    let none = "/v3/bill/tradebill?bill_date=2026-08-31";
    assert_eq!(code(&get(&mut provider, none, ready)), (400, "NO_STATEMENT_EXIST".into()));
    let foreign = format!("{bill}&sub_mchid=1900000999");
    assert_eq!(code(&get(&mut provider, &foreign, ready)), (400, "NO_STATEMENT_EXIST".into()));

    let answer: Value = serde_json::from_slice(get(&mut provider, bill, ready).body()).unwrap();
    let target = answer["download_url"].as_str().unwrap().strip_prefix(HOST).unwrap().to_owned();
    let file = get(&mut provider, &target, ready);
    assert!(!file.headers().contains_key("Wechatpay-Signature"), "the file is not signed");
    let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, file.body()));
    assert_eq!((answer["hash_type"].as_str(), answer["hash_value"].as_str()), (Some("SHA1"), Some(hash.as_str())));
    let text = str::from_utf8(file.body()).unwrap();
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap().split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!((lines[0].split(',').count(), lines[1].split(',').count()), (27, 27));
    assert!(lines[1].starts_with("`2026-09-01 08:01:00,`"), "{text}");
    assert!(lines[1].split(',').all(|cell| cell.starts_with('`')));
    assert!(lines[1].contains(&format!(",`{SCHOOL},")) && lines[1].contains(&format!(",`{NUMBER},")));
    assert!(lines[1].contains(",`180.00,") && lines[1].contains(",`1.08000,`0.60%,"), "{text}");
    assert_eq!(lines[3], "`1.0,`180.00,`0.00,`0.00,`1.08000,`180.00,`0.00");

    let later = at(26 * 3_600 + 301);
    assert_eq!(get(&mut provider, &target, later).status(), StatusCode::NOT_FOUND, "the link has died");
    let short = "/v3/bill/tradebill?bill_date=2026-09-01&bill_type=SUCCESS";
    let answer: Value = serde_json::from_slice(get(&mut provider, short, later).body()).unwrap();
    let target = answer["download_url"].as_str().unwrap().strip_prefix(HOST).unwrap().to_owned();
    let file = get(&mut provider, &target, later);
    let text = str::from_utf8(file.body()).unwrap();
    assert!(text.lines().take(2).all(|line| line.split(',').count() == 20), "{text}");
}

fn story(provider: &mut WechatPay) -> Vec<String> {
    let mut trace = Vec::new();
    let answer = post(provider, "/v3/pay/partner/transactions/native", &order(NUMBER), at(0));
    trace.push(format!("{answer:?}"));
    provider.set_faults(Faults { duplicate: 1, probe: true, ..Faults::default() });
    trace.push(provider.pay(NUMBER, at(1)).unwrap());
    for now in [1, 16, 31] {
        trace.extend(provider.take_callbacks(at(now)).iter().map(|callback| format!("{callback:?}")));
    }
    trace
}

#[test]
fn the_same_seed_tells_the_same_story() {
    assert_eq!(story(&mut WechatPay::new(5)), story(&mut WechatPay::new(5)));
    assert_ne!(story(&mut WechatPay::new(5)), story(&mut WechatPay::new(6)));
}

#[test]
fn a_kept_provider_goes_on_where_it_was() {
    let mut provider = WechatPay::new(5);
    story(&mut provider);
    let mut again: WechatPay = serde_json::from_slice(&serde_json::to_vec(&provider).unwrap()).unwrap();
    assert_eq!(again.payments(), provider.payments());
    assert_eq!(again.pay(NUMBER, at(40)), Err(PayRefusal::AlreadyPaid));
    let shown = |provider: &mut WechatPay| format!("{:?}", provider.take_callbacks(at(61)));
    assert_eq!(shown(&mut again), shown(&mut provider));
}

const REFUNDS: &str = "/v3/refund/domestic/refunds";

fn back(number: &str, fen: i64) -> Value {
    json!({
        "sub_mchid": SCHOOL, "out_trade_no": NUMBER, "out_refund_no": number, "reason": "退课",
        "notify_url": "https://pay.example/callback",
        "amount": { "refund": fen, "total": 18_000, "currency": "CNY" },
    })
}

#[test]
fn a_refund_is_checked_field_by_field() {
    let wrong: [(&str, Value); 11] = [
        ("/sub_mchid", json!("1900000999")),
        ("/out_trade_no", json!("20261-7K3M9Q2XAB-02-1")),
        ("/out_refund_no", json!("")),
        ("/out_refund_no", json!("退款1")),
        ("/out_refund_no", json!("R".repeat(65))),
        ("/reason", json!("课".repeat(27))),
        ("/notify_url", json!("https://pay.example/?a=1")),
        ("/amount/refund", json!(0)),
        ("/amount/refund", json!(18_001)),
        ("/amount/total", json!(18_001)),
        ("/amount/currency", json!("USD")),
    ];
    for (pointer, value) in wrong {
        let mut provider = WechatPay::new(1);
        create(&mut provider, NUMBER);
        provider.pay(NUMBER, at(0)).unwrap();
        let mut body = back("R1", 100);
        *body.pointer_mut(pointer).unwrap() = value.clone();
        let answer = post(&mut provider, REFUNDS, &body, at(1));
        assert!(answer.status().is_client_error(), "{pointer} {value}");
        assert!(provider.refunds().is_empty());
    }
    let mut provider = WechatPay::new(1);
    create(&mut provider, NUMBER);
    let unpaid = post(&mut provider, REFUNDS, &back("R1", 100), at(1));
    assert_eq!(code(&unpaid), (400, "INVALID_REQUEST".into()));
}

#[test]
fn a_daily_bill_tells_what_was_taken_on_to_go_back() {
    let mut provider = WechatPay::new(1);
    create(&mut provider, NUMBER);
    provider.pay(NUMBER, at(60)).unwrap();
    provider.set_faults(Faults { refund_hold: true, ..Faults::default() });
    let taken = post(&mut provider, REFUNDS, &back("R1", 6_000), at(120));
    assert_eq!(taken.status(), StatusCode::OK);
    // Taken on that day, done after the bill was written.
    provider.step_refund("R1", RefundStep::Success, at(26 * 3_600)).unwrap();
    let bill = "/v3/bill/tradebill?bill_date=2026-09-01&bill_type=ALL";
    let answer: Value = serde_json::from_slice(get(&mut provider, bill, at(27 * 3_600)).body()).unwrap();
    let target = answer["download_url"].as_str().unwrap().strip_prefix(HOST).unwrap().to_owned();
    let file = get(&mut provider, &target, at(27 * 3_600));
    let text = str::from_utf8(file.body()).unwrap();
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap().split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert!(lines[1].contains(",`SUCCESS,") && lines[1].contains(",`180.00,"), "a payment keeps its row: {text}");
    assert!(lines[2].starts_with("`2026-09-01 08:02:00,`"), "when it was taken on: {text}");
    for cell in [",`REFUND,", ",`R1,", ",`60.00,", ",`ORIGINAL,", ",`PROCESSING,", ",`-0.36000,"] {
        assert!(lines[2].contains(cell), "{cell} {text}");
    }
    assert_eq!(lines[4], "`2.0,`180.00,`60.00,`0.00,`0.72000,`180.00,`60.00");
    assert_eq!(provider.step_refund("R1", RefundStep::Closed, at(27 * 3_600)), Err(RefundRefusal::WrongState));
}

/// The bill of the first day, asked for on the next morning; none when it is not written.
fn text_of_bill(provider: &mut WechatPay) -> Option<String> {
    let ready = at(26 * 3_600);
    let bill = "/v3/bill/tradebill?bill_date=2026-09-01&bill_type=ALL";
    let answer: Value = serde_json::from_slice(get(provider, bill, ready).body()).unwrap();
    let target = answer["download_url"].as_str()?.strip_prefix(HOST).unwrap().to_owned();
    Some(str::from_utf8(get(provider, &target, ready).body()).unwrap().to_owned())
}

#[test]
fn a_daily_bill_is_late_then_short_then_wrong_as_often_as_is_wished() {
    let mut provider = WechatPay::new(1);
    for (number, seconds) in [(NUMBER, 60), ("20261-7K3M9Q2XAB-02-1", 90)] {
        create(&mut provider, number);
        provider.pay(number, at(seconds)).unwrap();
    }
    provider.set_faults(Faults { late_bill: 1, short_bill: 1, ..Faults::NONE });
    assert_eq!(text_of_bill(&mut provider), None);
    let short = text_of_bill(&mut provider).unwrap();
    assert!(short.contains(NUMBER) && !short.contains("-02-1") && short.contains("`1.0,`180.00,"), "{short}");
    provider.set_faults(Faults { wrong_sum: 1, ..Faults::NONE });
    assert!(text_of_bill(&mut provider).unwrap().contains("`2.0,`360.01,"));
    assert!(text_of_bill(&mut provider).unwrap().contains("`2.0,`360.00,"));
}
