//! The ground of the battery: a pupil has taken `K1` and is paying for it; letters of the provider arrive.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use base64::prelude::{BASE64_STANDARD, Engine};
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{PaymentNo, StudentId, TermCode};
use domain::order::{end, expire};
use domain::payment::Payment;
use domain::record::{Order, OrderState, TermRecord};
use edge::App;
use jiff::SignedDuration;
use serde_json::{Value, json};
use simulator::keys::{self, Signer};
use simulator::wechat::{Faults, PaymentState};
use store::{Commit, Versioned};
use testkit::stage::{ARCHIVE_QUEUE, Answered, PREFIX, Stage, Who, event, send};
use testkit::town::{MERCHANT, TERM, Town, id};
use testkit::{TABLES, World, plain, table_name};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// The payment.
pub(crate) const FIRST: &str = "20261-S000000000-01-1";

/// Counts the lines of the security log.
#[derive(Clone, Default)]
struct SecurityLog(Arc<AtomicUsize>);

#[derive(Default)]
struct Marked(bool);

impl Visit for Marked {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0 |= field.name() == "security" && value;
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}

impl<S: tracing::Subscriber> Layer<S> for SecurityLog {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        let mut marked = Marked::default();
        event.record(&mut marked);
        self.0.fetch_add(usize::from(marked.0), Ordering::Relaxed);
    }
}

/// A letter on its way.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Letter {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        &found.expect("a header").1
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        let before = self.headers.len();
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        assert!(self.headers.len() < before, "{name} was there");
        self
    }

    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        let mut letter = self.without(name);
        letter.headers.push((name.to_owned(), value.to_owned()));
        letter
    }

    /// The lowest bit of the last letter that stays a letter in any case.
    pub(crate) fn flipped(self, name: &str) -> Self {
        let mut value = self.header(name).as_bytes().to_vec();
        let place = value.len() / 2;
        value[place] ^= 1;
        let value = String::from_utf8(value).expect("text");
        self.with(name, &value)
    }

    pub(crate) fn in_small_letters(mut self) -> Self {
        for (name, _) in &mut self.headers {
            *name = name.to_ascii_lowercase();
        }
        self
    }

    /// The same, signed anew at another time.
    pub(crate) fn signed_at(self, ground: &Ground, seconds: i64) -> Self {
        let body = self.body.clone();
        sign(body, Signer::Platform, keys::PUBLIC_KEY_ID, ground.stage.now().seconds() + seconds)
    }

    /// The same, signed anew by another.
    pub(crate) fn signed_by(self, ground: &Ground, signer: Signer, serial: &str) -> Self {
        sign(self.body, signer, serial, ground.stage.now().seconds())
    }

    /// Another body, rightly signed.
    pub(crate) fn saying(ground: &Ground, body: Vec<u8>) -> Self {
        sign(body, Signer::Platform, keys::PUBLIC_KEY_ID, ground.stage.now().seconds())
    }

    /// As API Gateway hands it on.
    fn event(&self) -> Value {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut event = event("POST", "/callbacks/wechat", &Who::Nobody, &headers, None);
        if let Ok(text) = std::str::from_utf8(&self.body) {
            event["body"] = json!(text);
        } else {
            event["body"] = json!(BASE64_STANDARD.encode(&self.body));
            event["isBase64Encoded"] = json!(true);
        }
        event
    }
}

fn sign(body: Vec<u8>, signer: Signer, serial: &str, at: i64) -> Letter {
    let (timestamp, nonce) = (at.to_string(), "593BEC0C930BF1AFEB40B4A08C8FB242");
    let signature = keys::sign(signer, &[format!("{timestamp}\n{nonce}\n").as_bytes(), &body, b"\n"].concat());
    let headers = [
        ("Content-Type", "application/json"),
        ("Wechatpay-Timestamp", &timestamp),
        ("Wechatpay-Nonce", nonce),
        ("Wechatpay-Signature", &signature),
        ("Wechatpay-Serial", serial),
        ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048"),
    ];
    Letter { headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(), body }
}

/// What there is of money and seats.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The account that each journal entry credits, in the order of its fact.
    pub(crate) journal: Vec<String>,
    pub(crate) events: usize,
    pub(crate) quarantined: Vec<String>,
    /// Reason and amount.
    pub(crate) refunds: Vec<(String, i64)>,
    pub(crate) order: OrderState,
    pub(crate) seated: Vec<String>,
    pub(crate) messages: usize,
}

pub(crate) struct Ground {
    pub(crate) stage: Stage,
    app: App,
    enrollment: Router,
    orders: Router,
    callbacks: Router,
    last: RefCell<Option<Letter>>,
    log: SecurityLog,
    _logging: DefaultGuard,
}

impl Ground {
    /// `lost`: the answer to the create has not come.
    pub(crate) async fn new(world: &World, town: &Town, lost: bool) -> Self {
        let log = SecurityLog::default();
        let logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
        let stage = Stage::with(world, town).await;
        let ground = Self {
            app: stage.app(),
            enrollment: edge::start::router(stage.app(), enrollment::routes()),
            orders: edge::start::router(stage.app(), order::routes()),
            callbacks: edge::start::router(stage.app(), payment_callback::routes()),
            stage,
            last: RefCell::new(None),
            log,
            _logging: logging,
        };
        ground.enroll("S000000000", "G000000000", "K1", "e-1").await;
        ground.stage.provider().set_faults(Faults { answer_lost: u32::from(lost), ..Faults::NONE });
        let begun = ground.begin("native").await;
        assert_eq!(begun.status, if lost { 503 } else { 201 });
        ground
    }

    async fn enroll(&self, student: &str, guardian: &str, course: &str, key: &str) {
        let offering = format!("3144200101.{TERM}.{course}");
        let body = json!({"student_id": student, "term": TERM, "choices": [{"offering_id": offering}]}).to_string();
        let who = Who::Guardian(guardian.to_owned());
        let sent = event("POST", "/enrollments", &who, &[("Idempotency-Key", key)], Some(&body));
        let answered = send(&self.enrollment, &sent).await;
        assert_eq!(answered.status, 201, "{}", answered.text);
    }

    async fn begin(&self, method: &str) -> Answered {
        let body = json!({"channel": "wechat", "method": method}).to_string();
        self.order_event("payments", method, Some(&body)).await
    }

    async fn order_event(&self, what: &str, key: &str, body: Option<&str>) -> Answered {
        let who = Who::Guardian("G000000000".to_owned());
        let path = format!("/orders/20261-S000000000-01/{what}");
        send(&self.orders, &event("POST", &path, &who, &[("Idempotency-Key", key)], body)).await
    }

    // What happens before a letter.

    /// The guardian pays.
    pub(crate) fn pay(&self, no: &str) {
        let now = self.stage.world.now();
        self.stage.provider().pay(no, now).expect("paid");
    }

    /// The guardian pays, and we know it.
    pub(crate) async fn is_paid(&self) {
        self.pay(FIRST);
        assert_eq!(self.deliver(&self.callback()).await.status, 200);
    }

    pub(crate) fn enter_password(&self, no: &str) {
        let until = self.stage.world.now() + SignedDuration::from_secs(60);
        self.stage.provider().enter_password(no, until).expect("a payment");
    }

    /// Another way of paying: the first attempt is closed.
    pub(crate) async fn pay_another_way(&self) {
        assert_eq!(self.begin("h5").await.status, 201);
    }

    pub(crate) async fn cancel(&self) {
        assert_eq!(self.order_event("cancel", "c", None).await.status, 200);
    }

    /// The order expired and its seat was released, though the provider had been paid: as after an answer to a close
    /// that was wrong.
    pub(crate) async fn release(&self) {
        self.later(16 * 60).await;
        let store = self.app.store();
        let mut record = self.record().await;
        let order = &mut record.value.orders[0];
        assert!(expire(order, self.stage.now()));
        end(order);
        let seat = order.lines[0].seat;
        let payment = store.payment(&id(FIRST)).await.expect("read").map(Guarded::unguarded).expect("a payment");
        let mut commit = Commit::new(Actor::system("test"), "test.release", self.stage.now());
        commit.save_payment(&payment.with(payment.value.clone().closed())).expect("a payment");
        commit.save_record(&record).expect("a record");
        store.commit(commit).await.expect("written");
        let offering = id(&format!("3144200101.{TERM}.K1"));
        assert!(store.release(&offering, &id::<StudentId>("S000000000"), seat).await.expect("released"));
    }

    pub(crate) async fn neighbour_enrolls(&self) {
        self.enroll("S000000002", "G000000001", "K1", "e-n").await;
    }

    pub(crate) async fn enroll_again(&self) {
        self.enroll("S000000000", "G000000000", "K2", "e-2").await;
    }

    pub(crate) async fn later(&self, seconds: u64) {
        self.stage.world.advance(Duration::from_secs(seconds)).await;
    }

    // Letters.

    /// What the provider sends now.
    pub(crate) fn callback(&self) -> Letter {
        let now = self.stage.world.now();
        let due = self.stage.provider().take_callbacks(now).into_iter().next().expect("a callback is due");
        let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
        let (parts, body) = due.request.into_parts();
        let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let letter = Letter { headers, body: body.to_vec() };
        self.last.replace(Some(letter.clone()));
        letter
    }

    /// What the provider sent last, byte for byte.
    pub(crate) fn callback_again(&self) -> Letter {
        self.last.borrow().clone().expect("a callback")
    }

    /// A letter about a payment, rightly sealed and signed, whose content is bent.
    pub(crate) fn letter(&self, no: &str, number: &str, bend: &dyn Fn(&mut Value)) -> Letter {
        let (transaction, paid_at) =
            match self.stage.provider().payments().get(FIRST).map(|payment| payment.state.clone()) {
                Some(PaymentState::Paid { transaction_id, paid_at, .. }) => (transaction_id, paid_at),
                _ => ("4200000001202609010000000001".to_owned(), self.stage.world.now()),
            };
        let mut content = json!({
            "sp_mchid": keys::SP_MCHID,
            "sub_mchid": MERCHANT,
            "sp_appid": keys::SP_APPID,
            "out_trade_no": no,
            "transaction_id": transaction,
            "trade_type": "NATIVE",
            "trade_state": "SUCCESS",
            "success_time": domain::Moment::from(paid_at).to_string(),
            "amount": {"total": 40_000, "payer_total": 40_000, "currency": "CNY", "payer_currency": "CNY"},
        });
        bend(&mut content);
        self.sealed(number, &content, &|_| {})
    }

    /// A letter about the payment whose envelope is bent, signed over it.
    pub(crate) fn envelope(&self, number: &str, bend: &dyn Fn(&mut Value)) -> Letter {
        let content = json!({
            "sp_mchid": keys::SP_MCHID, "sub_mchid": MERCHANT, "sp_appid": keys::SP_APPID, "out_trade_no": FIRST,
            "transaction_id": "4200000001202609010000000001", "trade_state": "SUCCESS",
            "success_time": self.stage.now().to_string(), "amount": {"total": 40_000, "currency": "CNY"},
        });
        self.sealed(number, &content, bend)
    }

    fn sealed(&self, number: &str, content: &Value, bend: &dyn Fn(&mut Value)) -> Letter {
        let nonce = "fdasflkja484";
        let mut envelope = json!({
            "id": number,
            "create_time": self.stage.now().to_string(),
            "event_type": "TRANSACTION.SUCCESS",
            "resource_type": "encrypt-resource",
            "summary": "支付成功",
            "resource": {
                "original_type": "transaction",
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": keys::seal(content.to_string().as_bytes(), nonce, "transaction"),
                "associated_data": "transaction",
                "nonce": nonce,
            },
        });
        bend(&mut envelope);
        let now = self.stage.now().seconds();
        sign(envelope.to_string().into_bytes(), Signer::Platform, keys::PUBLIC_KEY_ID, now)
    }

    pub(crate) async fn deliver(&self, letter: &Letter) -> Answered {
        self.deliver_event(&letter.event()).await
    }

    pub(crate) async fn deliver_event(&self, event: &Value) -> Answered {
        send(&self.callbacks, event).await
    }

    // What came of it.

    pub(crate) fn security_lines(&self) -> usize {
        self.log.0.load(Ordering::Relaxed)
    }

    async fn record(&self) -> Versioned<TermRecord> {
        let (student, term): (StudentId, TermCode) = (id("S000000000"), id(TERM));
        self.app.store().record(&student, &term).await.expect("read").map(Guarded::unguarded).expect("a record")
    }

    pub(crate) async fn order(&self) -> Order {
        self.record().await.value.orders[0].clone()
    }

    pub(crate) async fn payment(&self, no: &str) -> Option<Payment> {
        self.app
            .store()
            .payment(&id::<PaymentNo>(no))
            .await
            .expect("read")
            .map(Guarded::unguarded)
            .map(|found| found.value)
    }

    fn items(&self, table: &str, kind: &str) -> Vec<Value> {
        let items = self.stage.world.scan(&table_name(PREFIX, table));
        items.iter().map(plain).filter(|item| item["kind"] == kind).collect()
    }

    /// Who sits in `K1`.
    pub(crate) fn seated(&self) -> Vec<String> {
        let of_course = |item: &Value| item["pk"].as_str().is_some_and(|pk| pk.ends_with("-1.K1"));
        let ledgers = self.items("seats", "ledger").into_iter().filter(of_course);
        ledgers.flat_map(|item| item["m"].as_object().expect("seats").keys().cloned().collect::<Vec<_>>()).collect()
    }

    pub(crate) async fn facts(&self) -> Facts {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let events = self.items("money", "event");
        let journal = self.items("money", "journal");
        let balanced = |entry: &Value| {
            let postings = entry["postings"].as_array().expect("postings");
            postings.iter().filter_map(|posting| posting["amount"].as_i64()).sum::<i64>() == 0
        };
        assert!(journal.iter().all(balanced));
        Facts {
            journal: journal.iter().map(|entry| text(&entry["postings"][1]["account"])).collect(),
            quarantined: events.iter().map(|kept| text(&kept["quarantined"])).filter(|why| !why.is_empty()).collect(),
            events: events.len(),
            refunds: self
                .items("money", "refund")
                .iter()
                .map(|refund| (text(&refund["reason"]), refund["amount"].as_i64().unwrap_or_default()))
                .collect(),
            order: self.order().await.state,
            seated: self.seated(),
            messages: self.stage.world.sent(ARCHIVE_QUEUE).len(),
        }
    }

    /// All tables and messages.
    pub(crate) fn everything(&self) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        for table in TABLES {
            let items = self.stage.world.scan(&table_name(PREFIX, table.name));
            all.insert(table.name.to_owned(), items.iter().map(plain).collect());
        }
        all.insert("messages".to_owned(), self.stage.world.sent(ARCHIVE_QUEUE).len().into());
        all
    }
}
