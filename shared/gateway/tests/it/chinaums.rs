//! A bank's aggregated channel: what it says is believed when it is asked. Reference: payments §3.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use domain::payment::{Channel, CloseAnswer, PayMethod, Payment, PaymentState, ProviderState};
use domain::refund::settle::Status;
use domain::{Moment, Money};
use gateway::ambient::Ambient;
use gateway::channel::chinaums::{Chinaums, ChinaumsSettings, ChinaumsSetupError};
use gateway::channel::{CallbackError, ChannelError, Checkout, Notice, Prepared, RefundOrder};
use gateway::http::Http;
use http::Response;
use simulator::chinaums::{self, APP_KEY, MERCHANT, NOTIFY_KEY, REFUND_SECONDS};
use simulator::wechat::Faults;

use crate::world::{Clock, NUMBER, START, checkout};

const BASE: &str = "https://api-mop.chinaums.com";
/// The number behind the source.
const OUTER: &str = "31AB202617K3M9Q2XAB011";

type Meddler = Box<dyn FnMut(Response<Bytes>) -> Response<Bytes> + Send>;

struct World {
    provider: Arc<Mutex<simulator::Chinaums>>,
    clock: Arc<Clock>,
    meddler: Arc<Mutex<Option<Meddler>>>,
    channel: Chinaums,
}

struct Line {
    provider: Arc<Mutex<simulator::Chinaums>>,
    clock: Arc<Clock>,
    meddler: Arc<Mutex<Option<Meddler>>>,
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
        if let Some(meddler) = self.meddler.lock().unwrap().as_mut() {
            answer = meddler(answer);
        }
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(answer.map(SdkBody::from)).unwrap()))
    }
}

fn settings() -> ChinaumsSettings {
    serde_json::from_value(chinaums::secret()).unwrap()
}

impl World {
    fn new() -> Self {
        Self::with(settings(), BASE).unwrap()
    }

    fn with(settings: ChinaumsSettings, base: &str) -> Result<Self, ChinaumsSetupError> {
        let provider = Arc::new(Mutex::new(simulator::Chinaums::new(7)));
        let (clock, meddler) = (Clock::new(), Arc::default());
        let line = Line { provider: Arc::clone(&provider), clock: Arc::clone(&clock), meddler: Arc::clone(&meddler) };
        let ambient: Arc<dyn Ambient> = Arc::<Clock>::clone(&clock);
        let channel = Chinaums::new(settings, base, Http::new(SharedHttpConnector::new(line)), ambient)?;
        Ok(Self { provider, clock, meddler, channel })
    }

    fn provider(&self) -> MutexGuard<'_, simulator::Chinaums> {
        self.provider.lock().unwrap()
    }

    fn open(&self) {
        let Prepared::Redirect { h5_url } = self.channel.create(&order()).unwrap() else { panic!("an address") };
        let signed = h5_url.strip_prefix(&format!("{BASE}/v1/netpay/uac/order?")).unwrap();
        assert_eq!(self.provider().open(signed, self.clock.now().timestamp()).as_deref(), Ok(OUTER));
    }

    fn pay(&self) -> String {
        self.provider().pay(OUTER, self.clock.now().timestamp()).unwrap()
    }

    fn told(&self) -> Vec<u8> {
        self.provider().take_callbacks(self.clock.now().timestamp()).remove(0).request.body().to_vec()
    }

    fn meddle(&self, body: &'static str, status: u16) {
        *self.meddler.lock().unwrap() = Some(Box::new(move |_answer| {
            let mut answer = Response::new(Bytes::from(body));
            *answer.status_mut() = status.try_into().unwrap();
            answer
        }));
    }
}

fn order() -> Checkout {
    Checkout {
        channel: Channel::Chinaums,
        sub_merchant: MERCHANT.0.to_owned(),
        notify_url: "https://pay.example/v1/callbacks/chinaums".to_owned(),
        ..checkout(PayMethod::H5)
    }
}

fn payment() -> Payment {
    Payment {
        no: NUMBER.parse().unwrap(),
        school: "3144200101".parse().unwrap(),
        channel: Channel::Chinaums,
        method: PayMethod::H5,
        sub_merchant: MERCHANT.0.to_owned(),
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

fn refund(transaction: &str) -> RefundOrder {
    RefundOrder {
        channel: Channel::Chinaums,
        payment: NUMBER.parse().unwrap(),
        refund: format!("{NUMBER}-R1"),
        transaction: transaction.to_owned(),
        sub_merchant: MERCHANT.0.to_owned(),
        amount: Money::from_fen(6_000),
        total: Money::from_fen(18_000),
        reason: "退课退费".to_owned(),
        notify_url: "https://pay.example/v1/callbacks/chinaums".to_owned(),
    }
}

#[tokio::test]
async fn p6_3_a_payment_from_its_address_to_its_end() {
    let world = World::new();
    assert_eq!(world.channel.query(&payment()).await.unwrap(), ProviderState::Unknown);
    assert_eq!(world.channel.close(&payment()).await.unwrap(), CloseAnswer::Unknown);
    world.open();
    assert_eq!(world.channel.query(&payment()).await.unwrap(), ProviderState::Unpaid);
    world.clock.set(START + 40);
    let transaction = world.pay();
    let ProviderState::Paid(evidence) = world.channel.query(&payment()).await.unwrap() else { panic!("it is paid") };
    assert_eq!((evidence.transaction, evidence.channel), (transaction, Channel::Chinaums));
    assert_eq!((evidence.total, evidence.sub_merchant.as_str()), (Money::from_fen(18_000), MERCHANT.0));
    assert_eq!(evidence.paid_at.seconds(), START + 40);
    assert_eq!(world.channel.close(&payment()).await.unwrap(), CloseAnswer::Paid);
    let world = World::new();
    world.open();
    assert_eq!(world.channel.close(&payment()).await.unwrap(), CloseAnswer::Closed);
    assert_eq!(world.channel.query(&payment()).await.unwrap(), ProviderState::Closed);
    assert!(world.provider().pay(OUTER, world.clock.now().timestamp()).is_none());
    let other = Checkout { method: PayMethod::Native, ..order() };
    assert!(matches!(world.channel.create(&other), Err(ChannelError::Unsendable("method"))));
    let stranger = Checkout { sub_merchant: "898".into(), ..order() };
    assert!(matches!(world.channel.create(&stranger), Err(ChannelError::Unsendable("sub_merchant"))));
}

#[tokio::test]
async fn s34_4_a_refund_is_taken_on_and_then_done() {
    let world = World::new();
    world.open();
    let order = refund(&world.pay());
    assert_eq!(world.channel.query_refund(&order).await.unwrap(), None);
    assert_eq!(world.channel.refund(&order).await.unwrap().status, Status::Processing);
    world.clock.set(START + REFUND_SECONDS);
    let done = world.channel.refund(&order).await.unwrap();
    assert_eq!((done.status, done.amount), (Status::Done, order.amount), "what is known is not sent again");
    assert!(matches!(world.channel.query(&payment()).await.unwrap(), ProviderState::Paid(_)));
    let dearer = RefundOrder { amount: Money::from_fen(6_001), ..order.clone() };
    assert!(matches!(world.channel.refund(&dearer).await, Err(ChannelError::NumberUsed)));
    let over = RefundOrder { refund: format!("{NUMBER}-R2"), amount: Money::from_fen(12_001), ..order.clone() };
    assert!(matches!(world.channel.refund(&over).await, Err(ChannelError::Refused { .. })));
    let rest = RefundOrder { refund: format!("{NUMBER}-R2"), amount: Money::from_fen(12_000), ..order };
    world.provider().set_faults(Faults { answer_lost: 2, ..Faults::default() });
    assert!(!world.channel.refund(&rest).await.unwrap_err().outcome_is_known(), "the question was lost");
    world.provider().set_faults(Faults { busy: 1, ..Faults::default() });
    assert!(matches!(world.channel.refund(&rest).await, Err(ChannelError::Unavailable(_))));
    assert_eq!(world.channel.refund(&rest).await.unwrap().amount, Money::from_fen(12_000));
}

#[test]
fn p3_a_notice_is_a_reason_to_ask_and_nothing_more() {
    let world = World::new();
    world.open();
    world.pay();
    world.provider().set_faults(Faults { wrong_amount: true, ..Faults::default() });
    let told = world.channel.open_callback(&world.told()).unwrap();
    assert!(matches!(&told, Notice::Ask { payment, refund: None, .. } if payment.as_str() == NUMBER), "{told:?}");

    let world = World::new();
    world.open();
    world.pay();
    world.provider().set_faults(Faults { tamper_signature: true, ..Faults::default() });
    assert_eq!(world.channel.open_callback(&world.told()), Err(CallbackError::BadSignature));
    world.clock.set(START + 60);
    let right = String::from_utf8(world.told()).unwrap();
    assert!(world.channel.open_callback(right.as_bytes()).is_ok(), "the next one is right");
    let wrong: [(String, CallbackError); 6] = [
        (right.replace("status=TRADE_SUCCESS", "status=TRADE_CLOSED"), CallbackError::BadSignature),
        (right.replace("signType=SHA256", "signType=MD5"), CallbackError::UnsupportedAlgorithm),
        (right.replace("sign=", "sing="), CallbackError::MissingHeader("sign")),
        (format!("{right}&mid=1"), CallbackError::BadEnvelope),
        (format!("{right}&a=1"), CallbackError::BadSignature),
        ("{}".to_owned(), CallbackError::BadEnvelope),
    ];
    for (body, expected) in wrong {
        assert_ne!(body, right);
        assert_eq!(world.channel.open_callback(body.as_bytes()), Err(expected), "{body}");
    }
    let mut elsewhere = settings();
    elsewhere.merchants.clear();
    let stranger = World::with(elsewhere, BASE).unwrap();
    assert_eq!(stranger.channel.open_callback(right.as_bytes()), Err(CallbackError::WrongMerchant));
}

#[tokio::test]
async fn p3_a_notice_of_a_refund_names_it() {
    let world = World::new();
    world.open();
    let order = refund(&world.pay());
    world.told();
    world.channel.refund(&order).await.unwrap();
    let told = world.channel.open_callback(&world.told()).unwrap();
    let Notice::Ask { refund: Some(number), .. } = told else { panic!("{told:?}") };
    assert_eq!(number, order.refund);
}

#[tokio::test]
async fn strange_answers_are_never_facts() {
    type Expected = fn(&ChannelError) -> bool;
    let strange: [(u16, &str, Expected); 8] = [
        (200, "{}", |e| matches!(e, ChannelError::Malformed(_))),
        (200, "<html></html>", |e| matches!(e, ChannelError::Malformed(_))),
        (502, "<html></html>", |e| matches!(e, ChannelError::Unavailable(_))),
        (200, r#"{"errCode":"INTERNAL_ERROR"}"#, |e| matches!(e, ChannelError::Unavailable(_))),
        (200, r#"{"errCode":"INACTIVE_MERCHANT"}"#, |e| matches!(e, ChannelError::Refused { .. })),
        (200, r#"{"errCode":"SUCCESS"}"#, |e| matches!(e, ChannelError::Malformed(_))),
        (200, r#"{"errCode":"SUCCESS","merOrderId":"31AB1","mid":"898000000000201","status":"TRADE_SUCCESS"}"#, |e| {
            matches!(e, ChannelError::Malformed(_))
        }),
        (
            200,
            r#"{"errCode":"SUCCESS","merOrderId":"31AB202617K3M9Q2XAB011","mid":"898000000000201","status":"TRADE_SUCCESS"}"#,
            |e| matches!(e, ChannelError::Malformed(_)),
        ),
    ];
    for (status, body, expected) in strange {
        let world = World::new();
        world.meddle(body, status);
        let error = world.channel.query(&payment()).await.unwrap_err();
        assert!(expected(&error), "{status} {body}: {error:?}");
    }
}

#[test]
fn a_wrong_account_is_found_at_start() {
    type Change = fn(&mut ChinaumsSettings);
    let mid = MERCHANT.0.to_owned();
    let cases: [(Change, ChinaumsSetupError); 6] = [
        (|s| s.app_id = "a\"".into(), ChinaumsSetupError::Application),
        (|s| s.app_key = String::new(), ChinaumsSetupError::Application),
        (|s| s.notify_key = String::new(), ChinaumsSetupError::Application),
        (|s| s.source = "31A".into(), ChinaumsSetupError::Application),
        (|s| s.merchants[0].tid = String::new(), ChinaumsSetupError::Merchant(mid.clone())),
        (|s| s.merchants.push(s.merchants[0].clone()), ChinaumsSetupError::Merchant(mid)),
    ];
    for (change, expected) in cases {
        let mut changed = settings();
        change(&mut changed);
        assert_eq!(World::with(changed, BASE).err(), Some(expected));
    }
    for base in ["https://a/b", "http://api-mop.chinaums.com", "http://10.0.0.1", ""] {
        assert_eq!(World::with(settings(), base).err(), Some(ChinaumsSetupError::BaseUrl), "{base}");
    }
    assert!(World::with(settings(), "http://127.0.0.1:9100").is_ok(), "nobody stands between");
    let shown = format!("{:?} {:?}", settings(), World::new().channel);
    for secret in [APP_KEY, NOTIFY_KEY] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}
