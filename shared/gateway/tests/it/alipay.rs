//! Alipay: checkouts, answers, notifications, refunds, bills. Reference: payments §2, §7.4 number 13.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use domain::fault::Fault;
use domain::payment::{Channel, CloseAnswer, PayMethod, Payment, PaymentState, ProviderState, Source};
use domain::refund::settle::{RefundEvidence, Status};
use domain::{Moment, Money};
use gateway::ambient::Ambient;
use gateway::channel::alipay::{Alipay, AlipaySettings, AlipaySetupError};
use gateway::channel::{Bill, CallbackError, ChannelError, Checkout, Notice, Prepared, RefundOrder};
use gateway::http::Http;
use http::{Request, Response};
use serde_json::{Value, json};
use simulator::alipay::{APP_ID, OWNER, SELLERS};
use simulator::keys::{self, Signer};
use simulator::wechat::Faults;

use crate::world::{Clock, NUMBER, START, checkout};

const BASE: &str = "https://openapi.alipay.com";
const SELLER: &str = SELLERS[0].pid;
const NOTIFY_URL: &str = "https://pay.example/v1/callbacks/alipay";
const REFUND: &str = "20261-7K3M9Q2XAB-01-1-R1";

type Meddler = Box<dyn FnMut(Response<Bytes>) -> Response<Bytes> + Send>;

struct World {
    provider: Arc<Mutex<simulator::Alipay>>,
    clock: Arc<Clock>,
    meddler: Arc<Mutex<Option<Meddler>>>,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
    channel: Alipay,
}

struct Line {
    provider: Arc<Mutex<simulator::Alipay>>,
    clock: Arc<Clock>,
    meddler: Arc<Mutex<Option<Meddler>>>,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().unwrap();
        let request = request.map(|body| Bytes::copy_from_slice(body.bytes().unwrap()));
        let mut answer = self.provider.lock().unwrap().call(&request, self.clock.now().timestamp());
        self.requests.lock().unwrap().push(request);
        if let Some(meddler) = self.meddler.lock().unwrap().as_mut() {
            answer = meddler(answer);
        }
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(answer.map(SdkBody::from)).unwrap()))
    }
}

fn settings() -> AlipaySettings {
    serde_json::from_value(simulator::secrets()["alipay"].take()).unwrap()
}

impl World {
    fn new() -> Self {
        let provider = Arc::new(Mutex::new(simulator::Alipay::new(7)));
        let (clock, meddler, requests) = (Clock::new(), Arc::default(), Arc::default());
        let line = Line {
            provider: Arc::clone(&provider),
            clock: Arc::clone(&clock),
            meddler: Arc::clone(&meddler),
            requests: Arc::clone(&requests),
        };
        let ambient: Arc<dyn Ambient> = Arc::<Clock>::clone(&clock);
        let http = Http::new(SharedHttpConnector::new(line));
        let channel = Alipay::new(settings(), BASE, http, ambient).unwrap();
        Self { provider, clock, meddler, requests, channel }
    }

    fn provider(&self) -> MutexGuard<'_, simulator::Alipay> {
        self.provider.lock().unwrap()
    }

    fn open(&self, method: PayMethod) -> String {
        let signed = match self.channel.create(&order(method)).unwrap() {
            Prepared::Redirect { h5_url } => h5_url.strip_prefix(&format!("{BASE}/gateway.do?")).unwrap().to_owned(),
            Prepared::Order { order_string } => order_string,
            Prepared::Invoke(_) | Prepared::Scan { .. } => panic!("no checkout of Alipay"),
        };
        let now = self.clock.now().timestamp();
        self.provider().open(&signed, now).unwrap()
    }

    fn pay(&self) -> String {
        let now = self.clock.now().timestamp();
        self.provider().pay(NUMBER, now).unwrap()
    }

    fn meddle(&self, meddler: impl FnMut(Response<Bytes>) -> Response<Bytes> + Send + 'static) {
        *self.meddler.lock().unwrap() = Some(Box::new(meddler));
    }

    fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// The notices that wait, opened and accepted.
    fn notices(&self) -> Vec<Notice> {
        let callbacks = self.provider().take_callbacks(self.clock.now().timestamp());
        let opened = callbacks.into_iter().map(|callback| {
            self.provider().answered(&callback.id, b"success");
            self.channel.open_callback(callback.request.body()).unwrap()
        });
        opened.collect()
    }
}

fn order(method: PayMethod) -> Checkout {
    Checkout {
        channel: Channel::Alipay,
        sub_merchant: SELLER.to_owned(),
        notify_url: NOTIFY_URL.to_owned(),
        ..checkout(method)
    }
}

fn payment() -> Payment {
    Payment {
        no: NUMBER.parse().unwrap(),
        school: "3144200101".parse().unwrap(),
        channel: Channel::Alipay,
        method: PayMethod::Page,
        sub_merchant: SELLER.to_owned(),
        payer: None,
        payer_ip: None,
        amount: Money::from_fen(18_000),
        state: PaymentState::Sent,
        sent_at: Moment::from_seconds(START),
        expires_at: Moment::from_seconds(START + 900),
        queries: 0,
        queried_at: None,
        paid: None,
        refund_reserved: Money::ZERO,
        frozen: std::collections::BTreeSet::new(),
        refunds: 0,
    }
}

fn paid() -> (World, RefundOrder) {
    let world = World::new();
    world.open(PayMethod::Page);
    let transaction = world.pay();
    let order = RefundOrder {
        channel: Channel::Alipay,
        payment: NUMBER.parse().unwrap(),
        refund: REFUND.to_owned(),
        transaction,
        sub_merchant: SELLER.to_owned(),
        amount: Money::from_fen(6_000),
        total: Money::from_fen(18_000),
        reason: "退课退费".to_owned(),
        notify_url: NOTIFY_URL.to_owned(),
    };
    (world, order)
}

fn faults(set: fn(&mut Faults)) -> Faults {
    let mut faults = Faults::default();
    set(&mut faults);
    faults
}

#[test]
fn p6_4_each_checkout_is_signed_and_opens() {
    for method in [PayMethod::Page, PayMethod::Wap, PayMethod::App] {
        let world = World::new();
        assert_eq!(world.open(method), NUMBER);
        assert_eq!(world.open(method), NUMBER, "opened twice it is the same payment");
        let provider = world.provider();
        let trade = &provider.trades()[NUMBER];
        assert_eq!((trade.total_fen, trade.seller.as_str(), trade.notify_url.as_str()), (18_000, SELLER, NOTIFY_URL));
        assert_eq!(Moment::from(trade.expires_at).seconds(), START + 900);
        assert_eq!(world.requests(), 0, "nobody was asked");
    }
    let world = World::new();
    for method in [PayMethod::Jsapi, PayMethod::MiniProgram, PayMethod::Native, PayMethod::H5] {
        let error = world.channel.create(&order(method)).unwrap_err();
        assert!(matches!(error, ChannelError::Unsendable("method")), "{error:?}");
    }
    let free = Checkout { amount: Money::ZERO, ..order(PayMethod::Page) };
    assert!(matches!(world.channel.create(&free), Err(ChannelError::Unsendable("amount"))));
    let stranger = Checkout { sub_merchant: "2088000000000999".into(), ..order(PayMethod::Page) };
    assert!(matches!(world.channel.create(&stranger), Err(ChannelError::Unsendable("sub_merchant"))));
}

#[test]
fn p6_4_a_checkout_that_was_changed_does_not_open() {
    let world = World::new();
    let Prepared::Order { order_string } = world.channel.create(&order(PayMethod::App)).unwrap() else {
        panic!("a text for the application")
    };
    for (from, to) in [("180.00", "1.80"), ("RSA2", "RSA"), (SELLERS[0].token, SELLERS[1].token), (APP_ID, "2021")] {
        let changed = order_string.replace(from, to);
        assert_ne!(changed, order_string, "{from}");
        assert!(world.provider().open(&changed, world.clock.now().timestamp()).is_err(), "{from}");
    }
}

#[tokio::test]
async fn p6_3_a_query_tells_each_state() {
    let world = World::new();
    assert_eq!(world.channel.query(&payment()).await.unwrap(), ProviderState::Unknown, "nobody has opened it");
    world.open(PayMethod::Wap);
    assert_eq!(world.channel.query(&payment()).await.unwrap(), ProviderState::Unpaid);
    world.clock.set(START + 40);
    let transaction = world.pay();
    let ProviderState::Paid(evidence) = world.channel.query(&payment()).await.unwrap() else { panic!("it is paid") };
    assert_eq!((evidence.source, evidence.channel), (Source::Query, Channel::Alipay));
    assert_eq!((evidence.transaction, evidence.event), (transaction, None));
    assert_eq!((evidence.merchant.as_str(), evidence.app.as_str()), (OWNER, APP_ID));
    assert_eq!((evidence.total, evidence.currency.as_str()), (Money::from_fen(18_000), "CNY"));
    assert_eq!((evidence.paid_at.seconds(), evidence.sub_merchant.as_str()), (START + 40, SELLER));
    let elsewhere = Payment { sub_merchant: SELLERS[1].pid.to_owned(), ..payment() };
    assert_eq!(world.channel.query(&elsewhere).await.unwrap(), ProviderState::Unknown, "another school sees nothing");
    world.provider().finish(NUMBER, world.clock.now().timestamp()).unwrap();
    assert!(matches!(world.channel.query(&payment()).await.unwrap(), ProviderState::Paid(_)));
}

#[tokio::test]
async fn p6_3_a_close_tells_each_outcome() {
    let world = World::new();
    assert_eq!(world.channel.close(&payment()).await.unwrap(), CloseAnswer::Unknown);
    world.open(PayMethod::Page);
    assert_eq!(world.channel.close(&payment()).await.unwrap(), CloseAnswer::Closed);
    assert_eq!(world.channel.close(&payment()).await.unwrap(), CloseAnswer::Closed, "it says why when it is asked");
    assert_eq!(world.channel.query(&payment()).await.unwrap(), ProviderState::Closed);
    let (world, _) = paid();
    assert_eq!(world.channel.close(&payment()).await.unwrap(), CloseAnswer::Paid);
}

#[tokio::test]
async fn p7_3_what_went_back_whole_was_paid_all_the_same() {
    let (world, order) = paid();
    world.channel.refund(&RefundOrder { amount: order.total, ..order }).await.unwrap();
    assert_eq!(world.provider().trades()[NUMBER].status(), "TRADE_CLOSED");
    assert!(matches!(world.channel.query(&payment()).await.unwrap(), ProviderState::Paid(_)));
    assert_eq!(world.channel.close(&payment()).await.unwrap(), CloseAnswer::Paid);
}

#[tokio::test]
async fn s34_4_a_refund_is_done_and_asked_for_again_in_vain() {
    let (world, order) = paid();
    assert_eq!(world.channel.query_refund(&order).await.unwrap(), None);
    let done = world.channel.refund(&order).await.unwrap();
    let at = Moment::from_seconds(START);
    let expected = RefundEvidence {
        source: Source::Query,
        channel: Channel::Alipay,
        refund: REFUND.to_owned(),
        provider_no: REFUND.to_owned(),
        transaction: order.transaction.clone(),
        sub_merchant: SELLER.to_owned(),
        amount: order.amount,
        status: Status::Done,
        at,
        accepted_at: Some(at),
    };
    assert_eq!(done, expected);
    world.clock.set(START + 60);
    assert_eq!(world.channel.refund(&order).await.unwrap(), expected, "the same number is the same refund");
    assert_eq!(world.channel.query_refund(&order).await.unwrap(), Some(expected));
    // The second one is answered with the sum of both: its own amount is what counts.
    let second = RefundOrder { refund: format!("{NUMBER}-R2"), amount: Money::from_fen(1_000), ..order.clone() };
    assert_eq!(world.channel.refund(&second).await.unwrap().amount, Money::from_fen(1_000));
    assert_eq!(world.provider().trades()[NUMBER].refunded_fen(), 7_000);
    let over = RefundOrder { refund: format!("{NUMBER}-R3"), amount: Money::from_fen(11_001), ..order.clone() };
    let error = world.channel.refund(&over).await.unwrap_err();
    assert!(
        matches!(&error, ChannelError::Refused { code, .. } if code == "ACQ.REASON_TRADE_REFUND_FEE_ERR"),
        "{error:?}"
    );
    let other = RefundOrder { amount: Money::from_fen(6_001), ..order.clone() };
    assert!(matches!(world.channel.refund(&other).await, Err(ChannelError::NumberUsed)));
    world.provider().finish(NUMBER, world.clock.now().timestamp()).unwrap();
    let late = RefundOrder { refund: format!("{NUMBER}-R4"), ..order };
    assert!(matches!(world.channel.refund(&late).await, Err(ChannelError::Refused { .. })));
}

#[tokio::test]
async fn s34_4_what_is_not_known_is_asked_for_under_the_same_number() {
    let (world, order) = paid();
    world.provider().set_faults(faults(|f| f.answer_lost = 1));
    let lost = world.channel.refund(&order).await.unwrap_err();
    assert!(!lost.outcome_is_known());
    assert_eq!(world.channel.query_refund(&order).await.unwrap().unwrap().status, Status::Done, "it acted");
    assert_eq!(world.channel.refund(&order).await.unwrap().status, Status::Done);
    assert_eq!(world.provider().trades()[NUMBER].refunded_fen(), 6_000);

    let (world, order) = paid();
    world.provider().set_faults(faults(|f| (f.busy, f.not_enough) = (1, 1)));
    assert!(matches!(world.channel.refund(&order).await, Err(ChannelError::Unavailable(_))));
    let empty = world.channel.refund(&order).await.unwrap_err();
    assert!(matches!(empty, ChannelError::NotEnough) && empty.outcome_is_known());
    world.provider().set_faults(faults(|f| f.tamper_answer = 1));
    let forged = world.channel.refund(&order).await.unwrap_err();
    assert!(matches!(forged, ChannelError::BadSignature(_)) && !forged.outcome_is_known());
}

#[tokio::test]
async fn p7_3_a_notice_of_a_refund_is_none_of_a_payment() {
    let (world, order) = paid();
    let [Notice::Paid { event_id, evidence }] = &world.notices()[..] else { panic!("paid") };
    assert_eq!(evidence.event.as_ref(), Some(event_id));
    assert_eq!((evidence.source, evidence.total), (Source::Callback, Money::from_fen(18_000)));
    assert_eq!((evidence.sub_merchant.as_str(), evidence.paid_at.seconds()), (SELLER, START));
    world.channel.refund(&order).await.unwrap();
    let rest = RefundOrder { refund: format!("{NUMBER}-R2"), amount: Money::from_fen(12_000), ..order.clone() };
    world.channel.refund(&rest).await.unwrap();
    let told: Vec<Option<String>> = world
        .notices()
        .into_iter()
        .map(|notice| {
            let Notice::Ask { payment, refund, .. } = notice else { panic!("{notice:?}") };
            assert_eq!(payment, order.payment);
            refund
        })
        .collect();
    assert_eq!(told, [Some(REFUND.to_owned()), Some(format!("{NUMBER}-R2"))], "TRADE_SUCCESS, then TRADE_CLOSED");

    let (world, _) = paid();
    world.notices();
    let number = world.provider().refund_in_console(NUMBER, 1_000, world.clock.now().timestamp()).unwrap();
    assert!(matches!(&world.notices()[..], [Notice::Foreign { number: told, .. }] if *told == number));

    let world = World::new();
    world.open(PayMethod::Page);
    world.channel.close(&payment()).await.unwrap();
    assert!(matches!(&world.notices()[..], [Notice::Ask { refund: None, .. }]), "closed without having been paid");
}

#[tokio::test]
async fn an_answer_counts_letter_by_letter_or_not_at_all() {
    type Expected = fn(&ChannelError) -> bool;
    let (world, _) = paid();
    let text = |answer: &Response<Bytes>| String::from_utf8(answer.body().to_vec()).unwrap();
    let spoil: [fn(String) -> String; 6] = [
        |text| text.replace("TRADE_SUCCESS", "TRADE_CLOSED "),
        |text| text.replace("\"180.00\"", "\"180.0\""),
        |text| text.replacen("\":\"", "\": \"", 2),
        |text| text.replace("\"sign\"", "\"sing\""),
        |text| text.replace("\"sign\":\"", "\"sign\":\"AAAA"),
        |text| text.replace("\"code\":\"10000\"", "\"code\":\"10001\""),
    ];
    for change in spoil {
        world.meddle(move |answer| Response::new(change(text(&answer)).into()));
        let error = world.channel.query(&payment()).await.unwrap_err();
        assert!(matches!(error, ChannelError::BadSignature(_)), "{error:?}");
        assert!(!error.outcome_is_known());
    }
    let strange: [(u16, &str, Expected); 6] = [
        (200, "{}", |e| matches!(e, ChannelError::Malformed(_))),
        (200, "<html></html>", |e| matches!(e, ChannelError::Malformed(_))),
        (502, "<html></html>", |e| matches!(e, ChannelError::Unavailable(_))),
        (302, "", |e| matches!(e, ChannelError::Malformed(_))),
        (200, r#"{"error_response":{"code":"40002","msg":"x"}}"#, |e| matches!(e, ChannelError::Refused { .. })),
        (200, r#"{"error_response":{"code":"10000","msg":"x"}}"#, |e| matches!(e, ChannelError::Refused { .. })),
    ];
    for (status, body, expected) in strange {
        world.meddle(move |_answer| {
            let mut answer = Response::new(body.into());
            *answer.status_mut() = status.try_into().unwrap();
            answer
        });
        let error = world.channel.query(&payment()).await.unwrap_err();
        assert!(expected(&error), "{status} {body}: {error:?}");
    }
}

#[tokio::test]
async fn an_answer_about_another_payment_is_none() {
    type Change = (&'static str, Value);
    let of_payment: [Change; 5] = [
        ("out_trade_no", json!("20261-7K3M9Q2XAB-02-1")),
        ("trade_status", json!("TRADE_PENDING")),
        ("total_amount", json!("1e9")),
        ("trade_no", json!("")),
        ("send_pay_date", json!("yesterday")),
    ];
    for (name, value) in of_payment {
        let (world, _) = paid();
        world.meddle(move |answer| signed_anew(&answer, "alipay_trade_query_response", name, &value));
        let error = world.channel.query(&payment()).await.unwrap_err();
        assert!(matches!(error, ChannelError::Malformed(_)), "{name}: {error:?}");
    }
    let of_refund: [Change; 6] = [
        ("out_request_no", json!("20261-7K3M9Q2XAB-01-1-R2")),
        ("out_trade_no", json!("20261-7K3M9Q2XAB-02-1")),
        ("trade_no", json!("1")),
        ("total_amount", json!("180.01")),
        ("refund_amount", json!("some")),
        ("gmt_refund_pay", json!("yesterday")),
    ];
    for (name, value) in of_refund {
        let (world, order) = paid();
        world.channel.refund(&order).await.unwrap();
        world.meddle(move |answer| signed_anew(&answer, "alipay_trade_fastpay_refund_query_response", name, &value));
        let error = world.channel.query_refund(&order).await.unwrap_err();
        assert!(matches!(error, ChannelError::Malformed(_)), "{name}: {error:?}");
    }
    let (world, order) = paid();
    world.channel.refund(&order).await.unwrap();
    world.meddle(|answer| {
        signed_anew(&answer, "alipay_trade_fastpay_refund_query_response", "refund_status", &json!(""))
    });
    assert_eq!(world.channel.query_refund(&order).await.unwrap(), None, "only one word says that it is done");
}

/// The answer with a value changed, signed by the provider all the same.
fn signed_anew(answer: &Response<Bytes>, inner: &str, name: &str, value: &Value) -> Response<Bytes> {
    let mut parts: Value = serde_json::from_slice(answer.body()).unwrap();
    parts[inner][name] = value.clone();
    let inner_text = parts[inner].to_string();
    let signature = keys::sign(Signer::Alipay, inner_text.as_bytes());
    Response::new(format!("{{\"{inner}\":{inner_text},\"sign\":\"{signature}\"}}").into())
}

/// A notification in the making.
struct Letter {
    fields: BTreeMap<String, String>,
    signer: Signer,
    /// Done after signing.
    wire: fn(String) -> String,
    covers_sign_type: bool,
}

impl Letter {
    fn right() -> Self {
        let fields = [
            ("notify_type", "trade_status_sync"),
            ("notify_id", "2026090100222000800000000000000001"),
            ("notify_time", "2026-09-01 08:00:00"),
            ("charset", "utf-8"),
            ("version", "1.0"),
            ("app_id", APP_ID),
            ("auth_app_id", SELLERS[0].auth_app_id),
            ("seller_id", SELLER),
            ("trade_no", "2026090122001000000000000001"),
            ("out_trade_no", NUMBER),
            ("trade_status", "TRADE_SUCCESS"),
            ("total_amount", "180.00"),
            ("gmt_payment", "2026-09-01 07:59:58"),
            ("subject", "五桂山小学 足球 & 棋+1%"),
            ("passback_params", ""),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { fields, signer: Signer::Alipay, wire: |text| text, covers_sign_type: false }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.fields.insert(name.to_owned(), value.to_owned());
    }

    fn write(mut self) -> Vec<u8> {
        let kind = self.fields.remove("sign_type").unwrap_or_else(|| "RSA2".to_owned());
        let mut covered = self.fields.clone();
        if self.covers_sign_type {
            covered.insert("sign_type".to_owned(), kind.clone());
        }
        let pairs =
            covered.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}"));
        let sign = keys::sign(self.signer, pairs.collect::<Vec<_>>().join("&").as_bytes());
        self.fields.entry("sign".to_owned()).or_insert(sign);
        self.set("sign_type", &kind);
        let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
        let pairs = self.fields.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
        (self.wire)(pairs.collect::<Vec<_>>().join("&")).into_bytes()
    }
}

fn outcome(opened: &Result<Notice, CallbackError>) -> String {
    match opened {
        Ok(Notice::Paid { .. }) => "paid".into(),
        Ok(Notice::Refund { .. }) => "refund".into(),
        Ok(Notice::Ask { refund: None, .. }) => "ask".into(),
        Ok(Notice::Ask { refund: Some(_), .. }) => "ask-refund".into(),
        Ok(Notice::Foreign { .. }) => "foreign".into(),
        Ok(Notice::Echo { .. } | Notice::Other { .. }) => "other".into(),
        Err(error) => error.slug().trim_start_matches("callback/").to_owned(),
    }
}

type Case = (&'static str, &'static str, fn(&mut Letter));

const CASES: [Case; 46] = [
    ("as the provider sends it", "paid", |_| {}),
    ("finished: no refund any more", "paid", |l| l.set("trade_status", "TRADE_FINISHED")),
    ("without charset", "paid", |l| drop(l.fields.remove("charset"))),
    ("a day old: it is sent for 25 hours", "paid", |l| l.set("notify_time", "2026-08-31 08:00:00")),
    ("another amount: compared with the payment later", "paid", |l| l.set("total_amount", "0.01")),
    ("nothing refunded yet", "paid", |l| l.set("refund_fee", "0.00")),
    ("unknown field", "paid", |l| l.set("new_field", "1")),
    ("written with small letters and plus", "paid", |l| l.wire = |text| text.replace("%20", "+")),
    ("a refund", "ask-refund", |l| l.set("out_biz_no", REFUND)),
    ("a refund with its fee", "ask-refund", |l| {
        l.set("out_biz_no", REFUND);
        l.set("refund_fee", "60.00");
    }),
    ("a refund of all of it", "ask-refund", |l| {
        l.set("out_biz_no", REFUND);
        l.set("trade_status", "TRADE_CLOSED");
    }),
    ("a refund of another payment under our number", "foreign", |l| l.set("out_biz_no", "20261-7K3M9Q2XAB-02-1-R1")),
    ("a refund made in the console", "foreign", |l| l.set("out_biz_no", "500000001")),
    ("a refund known by its fee only", "foreign", |l| l.set("refund_fee", "60.00")),
    ("a refund known by its time only", "foreign", |l| l.set("gmt_refund", "2026-09-01 08:00:00.123")),
    ("closed", "ask", |l| l.set("trade_status", "TRADE_CLOSED")),
    ("waiting", "ask", |l| l.set("trade_status", "WAIT_BUYER_PAY")),
    ("a number that is not ours", "foreign", |l| l.set("out_trade_no", "SHOP-0001")),
    ("a status nobody knows", "bad-resource", |l| l.set("trade_status", "TRADE_PENDING")),
    ("no status", "bad-resource", |l| drop(l.fields.remove("trade_status"))),
    ("no number", "bad-resource", |l| drop(l.fields.remove("out_trade_no"))),
    ("no number of the provider", "bad-resource", |l| drop(l.fields.remove("trade_no"))),
    ("no amount", "bad-resource", |l| drop(l.fields.remove("total_amount"))),
    ("amount in words", "bad-resource", |l| l.set("total_amount", "一百八十")),
    ("amount below a fen", "bad-resource", |l| l.set("total_amount", "180.001")),
    ("no time of payment", "bad-resource", |l| drop(l.fields.remove("gmt_payment"))),
    ("no number of the notification", "bad-envelope", |l| drop(l.fields.remove("notify_id"))),
    ("another kind", "bad-envelope", |l| l.set("notify_type", "servicemarket_order_notify")),
    ("no kind", "bad-envelope", |l| drop(l.fields.remove("notify_type"))),
    ("another application", "wrong-app", |l| l.set("app_id", "2021000000000999")),
    ("no application", "wrong-app", |l| drop(l.fields.remove("app_id"))),
    ("a school nobody knows", "wrong-merchant", |l| l.set("seller_id", "2088000000000999")),
    ("no school", "wrong-merchant", |l| drop(l.fields.remove("seller_id"))),
    ("another school's application", "wrong-merchant", |l| l.set("auth_app_id", SELLERS[1].auth_app_id)),
    ("another school with this one's application", "wrong-merchant", |l| l.set("seller_id", SELLERS[1].pid)),
    ("signed by us", "bad-signature", |l| l.signer = Signer::Application),
    ("signed by another provider", "bad-signature", |l| l.signer = Signer::Platform),
    ("the algorithm signed too, as other kinds have it", "bad-signature", |l| l.covers_sign_type = true),
    ("no signature", "missing-header", |l| l.set("sign", "")),
    ("signature no base64", "bad-signature", |l| l.set("sign", "%%%")),
    ("another algorithm", "unsupported-algorithm", |l| l.set("sign_type", "RSA")),
    ("another charset", "unsupported-algorithm", |l| l.set("charset", "gbk")),
    ("changed on its way", "bad-signature", |l| l.wire = |text| text.replace("%31%38%30", "%31%38%31")),
    ("one field more on its way", "bad-signature", |l| l.wire = |text| format!("{text}&a=1")),
    ("one field twice", "bad-envelope", |l| l.wire = |text| format!("{text}&total_amount=1.00")),
    ("no form", "bad-envelope", |l| l.wire = |_| "{\"trade_status\":\"TRADE_SUCCESS\"}".into()),
];

#[test]
fn p3_the_battery_of_notifications() {
    let world = World::new();
    let mut wrong = Vec::new();
    for (name, expected, bend) in CASES {
        let mut letter = Letter::right();
        bend(&mut letter);
        let got = outcome(&world.channel.open_callback(&letter.write()));
        if got != expected {
            wrong.push(format!("{name}: {got}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let long = [Letter::right().write(), vec![b'&'; 64 * 1024]].concat();
    assert_eq!(world.channel.open_callback(&long), Err(CallbackError::BadEnvelope));
}

#[test]
fn p3_no_value_of_a_notification_may_change() {
    let world = World::new();
    let right = Letter::right();
    for name in right.fields.keys() {
        let mut changed = Letter::right();
        changed.set("sign", &signature(&Letter::right()));
        changed.set(name, &format!("{}x", right.fields[name]));
        assert!(world.channel.open_callback(&changed.write()).is_err(), "{name}");
    }
}

fn signature(letter: &Letter) -> String {
    let pairs =
        letter.fields.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}"));
    keys::sign(letter.signer, pairs.collect::<Vec<_>>().join("&").as_bytes())
}

#[test]
fn p3_the_switches_of_the_simulator() {
    let cases = [
        (faults(|_| {}), "paid"),
        (faults(|f| f.tamper_body = true), "bad-signature"),
        (faults(|f| f.tamper_signature = true), "bad-signature"),
        (faults(|f| f.wrong_amount = true), "paid"),
        (faults(|f| f.other_school = true), "wrong-merchant"),
        (faults(|f| f.wrong_app = true), "wrong-app"),
    ];
    for (spoil, expected) in cases {
        let world = World::new();
        world.provider().set_faults(spoil.clone());
        world.open(PayMethod::Page);
        world.pay();
        let first = world.provider().take_callbacks(world.clock.now().timestamp()).remove(0);
        assert_eq!(outcome(&world.channel.open_callback(first.request.body())), expected, "{spoil:?}");
        world.provider().answered(&first.id, b"fail");
        world.clock.set(START + 240);
        let second = world.provider().take_callbacks(world.clock.now().timestamp()).remove(0);
        assert_eq!(second.id, first.id, "it keeps its number");
        assert_eq!(outcome(&world.channel.open_callback(second.request.body())), "paid", "the next one is right");
    }
}

#[tokio::test]
async fn s36_1_a_schools_bill_is_fetched() {
    let (world, order) = paid();
    world.channel.refund(&order).await.unwrap();
    let day = "2026-09-01".parse().unwrap();
    let hours = |hours: i64| START + hours * 3_600;
    world.clock.set(hours(24));
    let mut file = Vec::new();
    assert_eq!(world.channel.bill(day, SELLER, &mut file).await.unwrap(), Bill::NotReady);
    world.clock.set(hours(26));
    assert_eq!(world.channel.bill(day, SELLER, &mut file).await.unwrap(), Bill::Written);
    assert!(file.starts_with(b"PK\x03\x04"), "packed");
    assert_eq!(
        world.channel.bill(day, SELLERS[1].pid, &mut file).await.unwrap(),
        Bill::NotReady,
        "there is one word for both"
    );
    world.clock.set(hours(28));
    assert_eq!(world.channel.bill(day, SELLERS[1].pid, &mut file).await.unwrap(), Bill::None);
    for elsewhere in ["https://evil.example/x", "http://openapi.alipay.com/x", "https://openapi.alipay.com.evil/x", "x"]
    {
        world.meddle(move |answer| {
            let inner = "alipay_data_dataservice_bill_downloadurl_query_response";
            signed_anew(&answer, inner, "bill_download_url", &json!(elsewhere))
        });
        let before = world.requests();
        let error = world.channel.bill(day, SELLER, &mut file).await.unwrap_err();
        assert!(matches!(error, ChannelError::Malformed(_)), "{elsewhere}: {error:?}");
        assert_eq!(world.requests(), before + 1, "nothing is fetched from there");
    }
}

#[test]
fn a_wrong_account_is_found_at_start() {
    type Change = fn(&mut AlipaySettings);
    let setup = |settings: AlipaySettings, base: &str| {
        let world = World::new();
        let line = Line {
            provider: world.provider,
            clock: Arc::clone(&world.clock),
            meddler: Arc::default(),
            requests: Arc::default(),
        };
        Alipay::new(settings, base, Http::new(SharedHttpConnector::new(line)), world.clock).err()
    };
    let pid = SELLERS[0].pid.to_owned();
    let cases: [(Change, AlipaySetupError); 8] = [
        (|s| s.app_id = "wx1".into(), AlipaySetupError::Application),
        (|s| s.pid = String::new(), AlipaySetupError::Application),
        (|s| s.private_key = "-----BEGIN".into(), AlipaySetupError::PrivateKey),
        (|s| s.alipay_public_key = keys::APPLICATION_KEY_PEM.into(), AlipaySetupError::PublicKey),
        (|s| s.sellers[0].pid = "school".into(), AlipaySetupError::Seller("school".to_owned())),
        (|s| s.sellers[0].auth_app_id = String::new(), AlipaySetupError::Seller(pid.clone())),
        (|s| s.sellers[0].app_auth_token = String::new(), AlipaySetupError::Seller(pid.clone())),
        (|s| s.sellers[1].pid = s.sellers[0].pid.clone(), AlipaySetupError::Seller(pid)),
    ];
    for (change, expected) in cases {
        let mut changed = settings();
        change(&mut changed);
        assert_eq!(setup(changed, BASE), Some(expected));
    }
    assert_eq!(setup(settings(), "https://a/b"), Some(AlipaySetupError::BaseUrl));
    assert_eq!(setup(settings(), "http://127.0.0.1:9000"), None);
}

#[test]
fn k3_no_secret_prints() {
    let shown = format!("{:?} {:?}", settings(), World::new().channel);
    assert!(shown.contains(APP_ID));
    for secret in ["PRIVATE KEY", "MII", SELLERS[0].token] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}
