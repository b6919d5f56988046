//! The second provider's rules, from the school's side of the line: its daily bill and its resending.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "every function of this target is a test or serves one"
)]

use bytes::Bytes;
use encoding_rs::GB18030;
use http::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::Alipay;
use simulator::alipay::{APP_ID, HOST, RESEND_SECONDS, SELLERS};
use simulator::keys::{self, Signer};
use simulator::wechat::Faults;

/// 2026-09-01 08:00 in China.
const START: i64 = 1_788_220_800;
const NUMBER: &str = "20261-7K3M9Q2XAB-01-1";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

/// A signed form, as our application writes it.
fn signed(method: &str, content: &Value) -> String {
    let content = content.to_string();
    let mut fields = vec![
        ("app_auth_token", SELLERS[0].token),
        ("app_id", APP_ID),
        ("biz_content", content.as_str()),
        ("charset", "utf-8"),
        ("format", "JSON"),
        ("method", method),
        ("notify_url", "https://pay.example/callback"),
        ("sign_type", "RSA2"),
        ("timestamp", "2026-09-01 08:00:00"),
        ("version", "1.0"),
    ];
    let text: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let signature = keys::sign(Signer::Application, text.join("&").as_bytes());
    fields.push(("sign", &signature));
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

fn call(provider: &mut Alipay, method: &str, content: &Value, now: Timestamp) -> Value {
    let uri = format!("https://{HOST}/gateway.do");
    let request = Request::post(uri).body(Bytes::from(signed(method, content))).unwrap();
    let answer: Value = serde_json::from_slice(provider.call(&request, now).body()).unwrap();
    answer[format!("{}_response", method.replace('.', "_"))].clone()
}

fn paid() -> Alipay {
    let mut provider = Alipay::new(1);
    let content = json!({
        "out_trade_no": NUMBER, "product_code": "FAST_INSTANT_TRADE_PAY", "subject": "足球", "total_amount": "180.00",
        "time_expire": "2026-09-01 08:15:00",
    });
    assert_eq!(provider.open(&signed("alipay.trade.page.pay", &content), at(0)).as_deref(), Ok(NUMBER));
    provider.pay(NUMBER, at(60)).unwrap();
    provider
}

#[test]
fn a_notification_comes_until_it_is_answered_with_the_word() {
    let mut provider = paid();
    let mut now = 60;
    for wait in RESEND_SECONDS {
        assert!(provider.take_callbacks(at(now - 1)).is_empty());
        let callback = provider.take_callbacks(at(now)).remove(0);
        provider.answered(&callback.id, b"success ");
        now += wait;
    }
    assert_eq!(provider.take_callbacks(at(now)).len(), 1, "the eighth and last");
    assert_eq!(provider.next_due(), None);
    assert_eq!(RESEND_SECONDS.iter().sum::<i64>(), 24 * 3_600 + 24 * 60, "within 25 hours");

    let mut provider = paid();
    let callback = provider.take_callbacks(at(60)).remove(0);
    provider.answered(&callback.id, b"success");
    assert_eq!(provider.next_due(), None);
}

#[test]
fn a_daily_bill_is_packed_and_written_in_its_own_way() {
    let mut provider = paid();
    let refund = json!({"out_trade_no": NUMBER, "refund_amount": "60.00", "out_request_no": "R1"});
    assert_eq!(call(&mut provider, "alipay.trade.refund", &refund, at(120))["fund_change"], "Y");
    let wanted = json!({"bill_type": "trade", "bill_date": "2026-09-01"});
    let query = "alipay.data.dataservice.bill.downloadurl.query";
    assert_eq!(call(&mut provider, query, &wanted, at(24 * 3_600))["sub_code"], "isp.bill_not_exist");
    let ready = at(25 * 3_600);
    let link = call(&mut provider, query, &wanted, ready);
    let link = link["bill_download_url"].as_str().unwrap().to_owned();
    let fetch = |provider: &mut Alipay, now| provider.call(&Request::get(&link).body(Bytes::new()).unwrap(), now);
    let file = fetch(&mut provider, ready).into_body();
    assert_eq!(fetch(&mut provider, at(25 * 3_600 + 31)).status(), StatusCode::NOT_FOUND, "the link has died");

    // Two stored files: the first begins behind its name.
    let length = |at: usize| usize::from(u16::from_le_bytes([file[at], file[at + 1]]));
    let name = &file[30..30 + length(26)];
    assert_eq!(GB18030.decode(name).0, format!("{}_20260901_业务明细.csv", SELLERS[0].pid));
    assert_eq!(length(6), 0, "its name is not marked as UTF-8");
    let text = GB18030.decode(&file[30 + length(26)..30 + length(26) + length(18)]).0.into_owned();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    let rows: Vec<&&str> = lines.iter().filter(|line| !line.starts_with('#')).collect();
    assert_eq!((rows.len(), rows[0].split(',').count()), (3, 25), "{text}");
    let cells = |row: &str| row.split(',').map(str::to_owned).collect::<Vec<_>>();
    let (paid, back) = (cells(rows[1]), cells(rows[2]));
    assert!(paid.iter().chain(&back).all(|cell| cell.ends_with('\t')), "{text}");
    assert_eq!((paid.len(), back.len()), (25, 25));
    assert_eq!((paid[2].as_str(), paid[11].as_str()), ("交易\t", "180.00\t"));
    assert_eq!((back[2].as_str(), back[11].as_str(), back[21].as_str()), ("退款\t", "-60.00\t", "R1\t"));
}

#[test]
fn a_daily_bill_is_late_then_cut_then_short_then_wrong_as_often_as_is_wished() {
    let mut provider = paid();
    let ready = at(25 * 3_600);
    let wanted = json!({"bill_type": "trade", "bill_date": "2026-09-01"});
    let query = "alipay.data.dataservice.bill.downloadurl.query";
    let mut bill = |faults: Faults| {
        provider.set_faults(faults);
        let link = call(&mut provider, query, &wanted, ready);
        let link = link["bill_download_url"].as_str()?.to_owned();
        let file = provider.call(&Request::get(&link).body(Bytes::new()).unwrap(), ready).into_body();
        Some((file.len(), GB18030.decode(&file).0.into_owned()))
    };
    assert_eq!(bill(Faults { late_bill: 1, ..Faults::NONE }), None);
    let (length, whole) = bill(Faults::NONE).unwrap();
    assert!(whole.contains("交易合计：1笔，商家实收共180.00元"), "{whole}");
    assert_eq!(bill(Faults { cut_bill: 1, ..Faults::NONE }).unwrap().0, length / 2);
    assert_eq!(bill(Faults { short_bill: 1, ..Faults::NONE }), None, "its only row was the last");
    assert!(bill(Faults { wrong_sum: 1, ..Faults::NONE }).unwrap().1.contains("商家实收共180.01元"));
}
