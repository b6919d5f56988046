//! The scene of a race: a small town with the functions of money on it, its providers, and the letters between them.

use std::cell::Cell;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use cashier::Cashier;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{OrderNo, PaymentNo, RefundNo};
use domain::payment::Payment;
use domain::record::{Order, TermRecord};
use domain::refund::Refund;
use domain::time::Span;
use domain::{Moment, journal};
use edge::App;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use simulator::keys::{self, Signer};
use simulator::wechat::Faults;
use testkit::stage::{Answered, PREFIX, REFUND_QUEUE, Stage, Who, event, send};
use testkit::town::{MERCHANT, SCHOOL, TERM, Town, id};
use testkit::{World, plain, table_name};

/// Something that takes time.
pub(crate) type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Something that happens in a race.
pub(crate) type Act = for<'a> fn(&'a Scene) -> Work<'a>;

/// The order of the first pupil, its payments and refunds.
pub(crate) const ORDER: &str = "20261-S000000000-01";
pub(crate) const FIRST: &str = "20261-S000000000-01-1";
pub(crate) const SECOND: &str = "20261-S000000000-01-2";
pub(crate) const REFUND: &str = "20261-S000000000-01-1-R1";
pub(crate) const AGAIN: &str = "20261-S000000000-01-1-R2";

/// What the order costs, in fen.
pub(crate) const PRICE: i64 = 40_000;

/// Who keeps the school's orders, who sees to its refunds, and a second person.
const OFFICE: &str = "school_admin@school:3144200101";
const FINANCE: &str = "school_finance@school:3144200101";
const SECOND_PERSON: &str = "A000000002";

/// A notification on its way.
#[derive(Clone)]
pub(crate) struct Letter {
    id: String,
    channel: &'static str,
    headers: Vec<(String, String)>,
    body: String,
}

/// A town, its functions and its providers.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) app: App,
    enrollment: Router,
    orders: Router,
    refunds: Router,
    callbacks: Router,
    keys: Cell<u32>,
}

/// The usual town: guardians may withdraw all through the year.
pub(crate) fn town() -> Town {
    let mut town = Town::small(4);
    let moment = |text: &str| Moment::parse(text).expect("a moment");
    let (from, until) = (moment("2026-08-01T00:00:00+08:00"), moment("2027-12-01T00:00:00+08:00"));
    town.term.windows.withdraw = Some(Span { from, until });
    town
}

/// The same with one seat in `K1`.
pub(crate) fn one_seat() -> Town {
    let mut town = town();
    town.offerings[0].capacity = 1;
    town
}

impl Scene {
    pub(crate) async fn new(world: &World, town: &Town) -> Self {
        Self::on(Stage::with(world, town).await)
    }

    /// On a stage that is set up.
    pub(crate) fn on(stage: Stage) -> Self {
        let router =
            |routes: fn() -> utoipa_axum::router::OpenApiRouter<App>| edge::start::router(stage.app(), routes());
        Self {
            app: stage.app(),
            enrollment: router(enrollment::routes),
            orders: router(order::routes),
            refunds: router(refund::routes),
            callbacks: router(payment_callback::routes),
            keys: Cell::new(0),
            stage,
        }
    }

    // What families and schools do.

    fn key(&self) -> String {
        self.keys.set(self.keys.get() + 1);
        format!("k-{}", self.keys.get())
    }

    /// Posts to a function, under a key of its own.
    async fn ask(&self, router: &Router, path: &str, who: &Who, body: Option<&Value>) -> Answered {
        let (key, body) = (self.key(), body.map(Value::to_string));
        send(router, &event("POST", path, who, &[("Idempotency-Key", &key)], body.as_deref())).await
    }

    /// A pupil chooses courses.
    pub(crate) async fn enrolls(&self, pupil: usize, courses: &[&str]) -> Answered {
        let choice = |course: &&str| json!({"offering_id": format!("{SCHOOL}.{TERM}.{course}")});
        let choices: Vec<Value> = courses.iter().map(choice).collect();
        let body = json!({"student_id": format!("S{pupil:09}"), "term": TERM, "choices": choices});
        self.ask(&self.enrollment, "/enrollments", &guardian(pupil), Some(&body)).await
    }

    /// The first pupil has taken `K1`.
    pub(crate) async fn ordered(&self) {
        assert_eq!(self.enrolls(0, &["K1"]).await.status, 201);
    }

    /// An attempt to pay an order begins; at Alipay its page is opened.
    pub(crate) async fn begins(&self, order: &str, channel: &str, method: &str) -> Answered {
        let no: OrderNo = id(order);
        let pupil = no.student().to_string().trim_start_matches('S').parse().expect("a pupil of the town");
        let body = json!({"channel": channel, "method": method});
        let begun = self.ask(&self.orders, &format!("/orders/{order}/payments"), &guardian(pupil), Some(&body)).await;
        let page = begun.json()["checkout"]["h5_url"]
            .as_str()
            .and_then(|url| url.split_once("gateway.do?"))
            .map(|(_, signed)| signed.to_owned());
        if let Some(signed) = page {
            self.stage.alipay().open(&signed, self.stage.world.now()).expect("a signed page");
        }
        begun
    }

    /// The first pupil has taken `K1` and is paying by a code of WeChat Pay.
    pub(crate) async fn paying(&self) {
        self.ordered().await;
        assert_eq!(self.begins(ORDER, "wechat", "native").await.status, 201);
    }

    /// And it is paid, as we know.
    pub(crate) async fn paid(&self) {
        self.paying().await;
        assert!(self.pays(FIRST));
        self.post().await;
        assert_eq!(self.payment(FIRST).await.paid.map(|paid| paid.counted), Some(true));
    }

    /// The payer presses the button. False: there is nothing to be paid any more.
    pub(crate) fn pays(&self, payment: &str) -> bool {
        let now = self.stage.world.now();
        self.stage.provider().pay(payment, now).is_ok() || self.stage.alipay().pay(payment, now).is_ok()
    }

    /// The payer had pressed it before the provider closed the payment, and it succeeds after all.
    pub(crate) fn pays_late(&self, payment: &str) -> bool {
        self.stage.provider().pay_although_closed(payment, self.stage.world.now()).is_ok()
    }

    pub(crate) async fn cancels(&self) -> Answered {
        self.ask(&self.orders, &format!("/orders/{ORDER}/cancel"), &guardian(0), None).await
    }

    pub(crate) async fn extends(&self, minutes: i64) -> Answered {
        let until = self.stage.now().plus_minutes(minutes).to_string();
        let body = json!({"until": until, "reason": "家长反映银行卡限额"});
        let who = Who::Staff(OFFICE.to_owned());
        self.ask(&self.orders, &format!("/orders/{ORDER}/extension"), &who, Some(&body)).await
    }

    /// The guardian gives a course of the order up.
    pub(crate) async fn withdraws(&self, course: &str) -> Answered {
        let body = json!({"order_no": ORDER, "course": course, "trigger": "withdrawal", "why": "time"});
        self.ask(&self.refunds, "/refund-requests", &guardian(0), Some(&body)).await
    }

    /// The school asks for it, and a second person has to agree once lessons were given.
    pub(crate) async fn school_withdraws(&self, course: &str) -> Answered {
        let body = json!({"order_no": ORDER, "course": course, "trigger": "withdrawal"});
        self.ask(&self.refunds, "/refund-requests", &Who::Staff(OFFICE.to_owned()), Some(&body)).await
    }

    pub(crate) async fn approves(&self, asked: &Answered) -> Answered {
        let request = asked.json()["request_id"].as_str().expect("a request").to_owned();
        let who = Who::Person(SECOND_PERSON.to_owned(), OFFICE.to_owned());
        let body = json!({"approved": true});
        self.ask(&self.refunds, &format!("/refund-requests/{request}/decide"), &who, Some(&body)).await
    }

    /// School and guardian agree on an amount. The answer to whichever of them was refused, or to the last.
    pub(crate) async fn agrees(&self, course: &str, fen: i64) -> Answered {
        let body = json!({"order_no": ORDER, "course": course, "amount_fen": fen, "note": "协商退费"});
        let asked = self.ask(&self.refunds, "/refund-requests", &Who::Staff(OFFICE.to_owned()), Some(&body)).await;
        if asked.status != 201 {
            return asked;
        }
        let request = asked.json()["request_id"].as_str().expect("a request").to_owned();
        let path = format!("/refund-requests/{request}/confirm");
        self.ask(&self.refunds, &path, &guardian(0), Some(&json!({"approved": true}))).await
    }

    /// The school gives `K1` up.
    pub(crate) async fn gives_up_the_class(&self) -> Answered {
        let path = format!("/offerings/{SCHOOL}.{TERM}.K1/cancellation");
        self.ask(&self.refunds, &path, &Who::Staff(OFFICE.to_owned()), None).await
    }

    /// The school has an abnormal refund go to its own card.
    pub(crate) async fn takes_it_to_the_school(&self) -> Answered {
        let body = json!({"to": "school"});
        let path = format!("/refunds/{REFUND}/redirect");
        self.ask(&self.refunds, &path, &Who::Staff(FINANCE.to_owned()), Some(&body)).await
    }

    // What the platform does by itself, in an environment of its own each time.

    pub(crate) async fn sweep(&self) {
        sweep::sweep(self.stage.app()).await;
    }

    /// Carries out what the queue of refunds names, until it is empty.
    pub(crate) async fn pay_out(&self) {
        for _ in 0..8 {
            let messages = self.stage.world.take_messages(REFUND_QUEUE, 10);
            if messages.is_empty() {
                return;
            }
            let batch = serde_json::from_value(testkit::event(&messages)).expect("an event of a queue");
            let failed = payout::consume(self.stage.app(), batch).await.batch_item_failures;
            for message in &messages {
                if failed.iter().any(|failure| failure.item_identifier == message.id) {
                    self.stage.world.give_back(message);
                } else {
                    self.stage.world.settle(message);
                }
            }
        }
    }

    pub(crate) async fn later(&self, minutes: u64) {
        self.stage.world.advance(Duration::from_mins(minutes)).await;
    }

    /// The order's time is over, and the sweeper has come by until its attempt is surely closed.
    pub(crate) async fn time_is_over(&self) {
        self.later(16).await;
        self.sweep().await;
    }

    /// What the provider says when it is asked about a payment is applied, as by the sweeper. Whatever cannot be done now
    /// is done by whoever comes later.
    pub(crate) async fn is_asked(&self, payment: &str) {
        let cashier = Cashier::new(self.app.store(), self.app.ambient(), Actor::system("sweep"));
        match self.app.channels().await {
            Ok(channels) => match cashier.ask(channels, &id::<PaymentNo>(payment)).await {
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "not asked"),
            },
            Err(error) => tracing::debug!(%error, "not asked"),
        }
    }

    /// The same about a refund.
    pub(crate) async fn is_carried(&self, refund: &str) {
        let cashier = Cashier::new(self.app.store(), self.app.ambient(), Actor::system("sweep"));
        let channels = self.app.channels().await.expect("channels");
        let url = "https://platform.invalid/v1";
        Box::pin(cashier.carry(channels, &id::<RefundNo>(refund), url)).await.expect("carried");
    }

    /// Time passes until nothing is left to do: letters arrive, the sweeper and the payout come by.
    pub(crate) async fn rest(&self) {
        for round in 0..60u64 {
            self.later(if round < 4 { 1 } else { 11 }).await;
            self.post().await;
            self.sweep().await;
            self.pay_out().await;
            if round > 0 && self.is_at_rest() {
                return;
            }
        }
    }

    // Letters.

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.stage.provider().set_faults(faults);
    }

    /// What the providers send now.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        let now = self.stage.world.now();
        let wechat = self.stage.provider().take_callbacks(now).into_iter().map(|one| ("wechat", one));
        let mut letters: Vec<_> = wechat.collect();
        letters.extend(self.stage.alipay().take_callbacks(now).into_iter().map(|one| ("alipay", one)));
        let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
        let letter = |(channel, callback): (&'static str, simulator::wechat::Callback)| {
            let (parts, body) = callback.request.into_parts();
            let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
            let body = String::from_utf8(body.to_vec()).expect("text");
            Letter { id: callback.id, channel, headers, body }
        };
        letters.into_iter().map(letter).collect()
    }

    /// A letter arrives, and the provider hears the answer.
    pub(crate) async fn deliver(&self, letter: &Letter) -> u16 {
        let headers: Vec<(&str, &str)> = letter.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let path = format!("/callbacks/{}", letter.channel);
        let answered = send(&self.callbacks, &event("POST", &path, &Who::Nobody, &headers, Some(&letter.body))).await;
        match letter.channel {
            "wechat" => self.stage.provider().answered(&letter.id, answered.status),
            _ => self.stage.alipay().answered(&letter.id, answered.text.as_bytes()),
        }
        answered.status.as_u16()
    }

    /// All letters that are due arrive, one after the other.
    pub(crate) async fn post(&self) -> Vec<u16> {
        let mut told = Vec::new();
        for letter in self.letters() {
            told.push(self.deliver(&letter).await);
        }
        told
    }

    /// A letter of WeChat Pay about a payment under another event number, rightly sealed and signed; `bend` changes what
    /// it says.
    pub(crate) async fn another_letter(&self, number: &str, payment: &str, bend: fn(&mut Value)) -> Letter {
        let transaction = self.payment(payment).await.paid.map(|paid| paid.transaction).unwrap_or_default();
        let mut content = json!({
            "sp_mchid": keys::SP_MCHID, "sub_mchid": MERCHANT, "sp_appid": keys::SP_APPID, "out_trade_no": payment,
            "transaction_id": transaction, "trade_state": "SUCCESS", "success_time": self.stage.now().to_string(),
            "amount": {"total": PRICE, "currency": "CNY"},
        });
        bend(&mut content);
        let nonce = "fdasflkja484";
        let body = json!({
            "id": number, "event_type": "TRANSACTION.SUCCESS", "create_time": self.stage.now().to_string(),
            "resource": {
                "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "nonce": nonce,
                "associated_data": "transaction",
                "ciphertext": keys::seal(content.to_string().as_bytes(), nonce, "transaction"),
            },
        })
        .to_string();
        let timestamp = self.stage.now().seconds().to_string();
        let signature = keys::sign(Signer::Platform, format!("{timestamp}\n{nonce}\n{body}\n").as_bytes());
        let headers = [
            ("Wechatpay-Timestamp", timestamp.as_str()),
            ("Wechatpay-Nonce", nonce),
            ("Wechatpay-Signature", &signature),
            ("Wechatpay-Serial", keys::PUBLIC_KEY_ID),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Letter { id: number.to_owned(), channel: "wechat", headers, body }
    }

    /// A create reaches WeChat Pay that was on its way for long, as if sent by us just now. True: it was taken.
    pub(crate) fn create_arrives(&self, body: &Value) -> bool {
        let (target, now) = ("/v3/pay/partner/transactions/native", self.stage.now().seconds());
        let (nonce, body) = ("593BEC0C930BF1AFEB40B4A08C8FB242", body.to_string());
        let signature = keys::sign(Signer::Merchant, format!("POST\n{target}\n{now}\n{nonce}\n{body}\n").as_bytes());
        let authorization = format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{now}\",\
             serial_no=\"{}\"",
            keys::SP_MCHID,
            keys::MERCHANT_SERIAL
        );
        let request = http::Request::post(format!("https://api.mch.weixin.qq.com{target}"))
            .header("Authorization", authorization)
            .header("User-Agent", "test")
            .header("Accept", "application/json")
            .header("Wechatpay-Serial", keys::PUBLIC_KEY_ID)
            .body(bytes::Bytes::from(body))
            .expect("a request");
        self.stage.provider().call(&request, self.stage.world.now()).status().is_success()
    }

    // What came of it.

    /// Items of a kind, as they lie in a table.
    pub(crate) fn all<T: DeserializeOwned>(&self, table: &str, kind: &str) -> Vec<T> {
        let items = self.stage.world.scan(&table_name(PREFIX, table));
        let of_kind = items.iter().map(plain).filter(|item| item["kind"] == kind);
        of_kind.map(|item| serde_json::from_value(item).expect("an item of this kind")).collect()
    }

    pub(crate) async fn payment(&self, no: &str) -> Payment {
        let found = self.app.store().payment(&id(no)).await.expect("read").map(Guarded::unguarded);
        found.expect("a payment").value
    }

    pub(crate) async fn refund(&self, no: &str) -> Refund {
        let found = self.app.store().refund(&id(no)).await.expect("read").map(Guarded::unguarded);
        found.expect("a refund").value
    }

    pub(crate) fn refunds(&self) -> Vec<Refund> {
        self.all("money", "refund")
    }

    pub(crate) fn journal(&self) -> Vec<journal::Entry> {
        self.all("money", "journal")
    }

    /// How many entries of a kind were posted.
    pub(crate) fn posted(&self, kind: journal::FactKind) -> usize {
        self.journal().iter().filter(|entry| entry.kind() == Some(kind)).count()
    }

    /// What lies on an account of the journal, in fen.
    pub(crate) fn balance(&self, account: journal::Account) -> i64 {
        self.journal().iter().map(|entry| entry.on(account).fen()).sum()
    }

    pub(crate) fn records(&self) -> Vec<TermRecord> {
        self.all("enrollments", "record")
    }

    /// The order of the first pupil.
    pub(crate) fn order(&self) -> Order {
        let no: OrderNo = id(ORDER);
        let found = self.records().iter().find_map(|record| record.order(&no).cloned());
        found.expect("an order")
    }

    /// How many messages of providers are kept, and why those that do not fit were set aside.
    pub(crate) fn kept(&self) -> (usize, Vec<String>) {
        let events: Vec<Value> = self.all("money", "event");
        let why = events.iter().filter_map(|event| event["quarantined"].as_str().map(str::to_owned));
        (events.len(), why.collect())
    }

    /// Who sits in a course, by the ledgers.
    pub(crate) fn seated(&self, course: &str) -> Vec<String> {
        let ledgers: Vec<Value> = self.all("seats", "ledger");
        let of_course = |ledger: &&Value| ledger["pk"].as_str().is_some_and(|pk| pk.ends_with(&format!(".{course}")));
        let seats = ledgers.iter().filter(of_course).filter_map(|ledger| ledger["m"].as_object());
        seats.flat_map(|seats| seats.keys().cloned().collect::<Vec<_>>()).collect()
    }
}

/// The guardian of a pupil.
fn guardian(pupil: usize) -> Who {
    Who::Guardian(format!("G{:09}", pupil / 2))
}
