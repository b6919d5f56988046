//! A day's bill, fetched, held against the books, healed and drawn up. S35.1.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use bill_run::{Bill, Provider, run};
use bytes::Bytes;
use cashier::{Carried, Cashier, CashierError, Settled};
use domain::access::Guarded;
use domain::audit::Actor;
use domain::directory::{Homeroom, School};
use domain::id::{DifferenceId, HomeroomId, PaymentNo, RefundNo, SchoolCode};
use domain::payment::{Channel, Payment, PaymentState, ProviderState};
use domain::reconciliation::difference::{Difference, DifferenceState};
use domain::reconciliation::run::{BillRun, RunState};
use domain::reconciliation::statement::Statement;
use edge::App;
use gateway::channel::{ChannelError, Channels};
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::stage::{BILLS, Stage, Who, event, send};
use testkit::town::{SCHOOL, SELLER, TERM, Town, id};
use testkit::{START, World, simulate, simulate_from};

const DAY: Date = date(2026, 9, 1);
const FIRST: &str = "20261-S000000000-01-1";

const HEADER: &str = "\u{feff}交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,\
手续费,费率,订单金额,申请退款金额,费率备注\r\n";
const SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n";

/// The simulated provider, with a bill in its hand.
struct WithBill<'a> {
    channels: &'a Channels,
    bill: Bill,
}

impl Provider for WithBill<'_> {
    async fn bill(&self, channel: Channel, day: Date, _: Option<&str>) -> Result<Bill, ChannelError> {
        Ok(if (channel, day) == (Channel::Wechat, DAY) { self.bill.clone() } else { Bill::None })
    }

    fn serves(&self, channel: Channel, school: &School) -> bool {
        self.channels.merchant(channel, school).is_some()
    }

    async fn query(&self, payment: &Payment) -> Result<ProviderState, ChannelError> {
        self.channels.query(payment).await
    }

    async fn ask(&self, cashier: &Cashier<'_>, payment: &PaymentNo) -> Result<Option<Settled>, CashierError> {
        cashier.ask(self.channels, payment).await
    }

    async fn carry(&self, cashier: &Cashier<'_>, refund: &RefundNo, public_url: &str) -> Result<Carried, CashierError> {
        Box::pin(cashier.carry(self.channels, refund, public_url)).await
    }
}

/// Rows of payments: number, transaction, merchant, yuan.
fn bill(rows: &[(&str, &str, &str, &str)]) -> Bill {
    let row = |(number, transaction, merchant, yuan): &(&str, &str, &str, &str)| {
        format!(
            "`2026-09-01 08:10:00,`wx,`1900000100,`{merchant},`,`{transaction},`{number},`o,`NATIVE,`SUCCESS,`OTHERS,\
             `CNY,`{yuan},`0.00,`0,`0,`0.00,`0.00,`,`,`书法,`,`0.00000,`0.00%,`{yuan},`0.00,`\r\n"
        )
    };
    let fen = |yuan: &str| domain::Money::parse_yuan(yuan).expect("an amount");
    let sum = domain::Money::sum(rows.iter().map(|(_, _, _, yuan)| fen(yuan))).expect("a sum");
    let stated = format!("`{}.0,`{sum},`0.00,`0.00,`0.00000,`{sum},`0.00\r\n", rows.len());
    let rows: String = rows.iter().map(row).collect();
    Bill::File(Bytes::from([HEADER, &rows, SUMMARY, &stated].concat()))
}

/// The pupil is in a homeroom of the school: what its orders ask for is found from there.
async fn seated(app: &App) {
    let room = HomeroomId::new(&id(SCHOOL), 2024, 1);
    let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
    let homeroom = Homeroom { id: room.clone(), grade: 3, name: "三年级(1)班".to_owned(), graduated: None };
    commit.save_homeroom(&Versioned::absent(homeroom)).expect("an item");
    app.store().move_student(&mut commit, &id("S000000000"), (None, &room)).await.expect("an item");
    app.store().commit(commit).await.expect("written");
}

struct Ground {
    stage: Stage,
    app: App,
    checkout: Value,
}

impl Ground {
    /// A payment that was made at WeChat Pay, and of which nobody has told us.
    async fn new(world: &World) -> Self {
        let ground = Self::begun(world, "wechat", "native").await;
        ground.stage.provider().pay(FIRST, world.now()).expect("paid");
        ground
    }

    /// A payment that was made at Alipay, and of which nobody has told us.
    async fn at_alipay(world: &World) -> Self {
        let ground = Self::begun(world, "alipay", "page").await;
        let mut provider = ground.stage.alipay();
        let signed = ground.checkout["h5_url"].as_str().expect("a page").split_once('?').expect("parameters").1;
        provider.open(signed, world.now()).expect("a checkout");
        provider.pay(FIRST, world.now()).expect("paid");
        drop(provider);
        ground
    }

    async fn begun(world: &World, channel: &str, method: &str) -> Self {
        let stage = Stage::with(world, &Town::small(4)).await;
        seated(&stage.app()).await;
        let who = Who::Guardian("G000000000".to_owned());
        let choices = json!([{"offering_id": format!("{SCHOOL}.{TERM}.K1")}]);
        let body = json!({"student_id": "S000000000", "term": TERM, "choices": choices}).to_string();
        let enrolling = edge::start::router(stage.app(), enrollment::routes());
        let enroll = event("POST", "/enrollments", &who, &[("Idempotency-Key", "e")], Some(&body));
        assert_eq!(send(&enrolling, &enroll).await.status, 201);
        let paying = edge::start::router(stage.app(), order::routes());
        let body = json!({"channel": channel, "method": method}).to_string();
        let path = "/orders/20261-S000000000-01/payments";
        let pay = event("POST", path, &who, &[("Idempotency-Key", "p")], Some(&body));
        let begun = send(&paying, &pay).await;
        assert_eq!(begun.status, 201);
        // The order has its row in the register minutes later.
        archive::look(stage.app(), format!("S000000000/{TERM}")).await.expect("looked at");
        Self { app: stage.app(), checkout: begun.json()["checkout"].clone(), stage }
    }

    async fn payment(&self) -> Payment {
        let payment = self.app.store().payment(&id::<PaymentNo>(FIRST)).await.expect("read");
        payment.map(Guarded::unguarded).expect("a payment").value
    }

    /// What the provider would write in its bill.
    async fn transaction(&self) -> String {
        let payment = self.payment().await;
        let channels = self.app.channels().await.expect("channels");
        let known = channels.query(&payment).await.expect("an answer");
        let ProviderState::Paid(evidence) = known else { unreachable!("{known:?}") };
        evidence.transaction
    }

    /// Until half past ten of the next morning, and so many hours more.
    async fn later(&self, hours: u64) {
        self.stage.world.advance(Duration::from_secs(hours * 3600)).await;
    }

    /// A round with what the providers have.
    async fn round(&self) -> Value {
        let app = self.stage.app();
        let channels = app.channels().await.expect("channels");
        run(&app, channels).await.json()
    }

    /// A round with another bill of WeChat Pay.
    async fn run(&self, bill: Bill) -> Value {
        let app = self.stage.app();
        let channels = app.channels().await.expect("channels");
        run(&app, &WithBill { channels, bill }).await.json()
    }

    async fn bill_run(&self) -> BillRun {
        self.bill_of(Channel::Wechat, None).await
    }

    async fn bill_of(&self, channel: Channel, school: Option<SchoolCode>) -> BillRun {
        let found = self.app.store().bill_runs([(channel, school, DAY)]).await.expect("read");
        found.into_values().next().expect("a bill that was asked for").value
    }

    async fn difference(&self, kind: &str, number: &str) -> Option<Difference> {
        let id: DifferenceId = id(&format!("{SCHOOL}.{DAY}.{kind}.{number}"));
        let found = self.app.store().difference(&id).await.expect("read");
        found.map(|found| found.unguarded().value)
    }

    async fn statement(&self) -> Option<Statement> {
        let found = self.app.store().statement(&id(SCHOOL), DAY).await.expect("read");
        found.map(|found| found.unguarded().value)
    }
}

#[test]
fn s35_1_a_payment_nobody_told_of_is_found_in_the_bill_and_healed_once() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        let payment = ground.payment().await;
        ground.later(27).await;
        let told = ground.round().await;
        assert_eq!((&told["open"], &told["failed"]), (&json!(0), &json!(0)), "{told}");
        assert_eq!(ground.payment().await.state, PaymentState::Succeeded);
        let lag = ground.difference("state_lag", FIRST).await.expect("a difference");
        assert_eq!((lag.state, lag.theirs), (DifferenceState::Healed, Some(payment.amount)));
        let run = ground.bill_run().await;
        assert_eq!((run.state, run.totals.paid, run.differences), (RunState::Matched, payment.amount, 1));
        let statement = ground.statement().await.expect("a statement");
        assert_eq!((statement.received, statement.closing), (payment.amount, payment.amount));
        assert_eq!((statement.receivable, statement.prepaid), (payment.amount, payment.amount));
        assert_eq!(world.objects(BILLS).len(), 1, "days without trade have no file");

        assert_eq!(ground.round().await["read"], 0, "its turn is over");
        ground.later(24).await;
        let told = ground.round().await;
        assert_eq!((&told["open"], &told["failed"]), (&json!(0), &json!(0)));
        assert_eq!(ground.bill_run().await.state, RunState::Reread);
        assert_eq!(ground.difference("state_lag", FIRST).await, Some(lag), "nothing changes");
        assert_eq!(ground.statement().await, Some(statement));
    });
}

#[test]
fn s35_1_at_alipay_each_school_has_a_bill_of_its_own() {
    simulate(1, async |world| {
        let ground = Ground::at_alipay(&world).await;
        let payment = ground.payment().await;
        assert_eq!((payment.channel, payment.sub_merchant.as_str()), (Channel::Alipay, SELLER));
        ground.later(27).await;
        let told = ground.round().await;
        assert_eq!((&told["open"], &told["failed"]), (&json!(0), &json!(0)), "{told}");
        assert_eq!(ground.payment().await.state, PaymentState::Succeeded);
        let lag = ground.difference("state_lag", FIRST).await.expect("a difference");
        assert_eq!(
            (lag.state, lag.channel, lag.theirs),
            (DifferenceState::Healed, Channel::Alipay, Some(payment.amount))
        );
        let run = ground.bill_of(Channel::Alipay, Some(id(SCHOOL))).await;
        assert_eq!((run.state, run.totals.paid), (RunState::Matched, payment.amount));
        assert_eq!(ground.bill_run().await.state, RunState::NoTrade, "nothing moved at the other provider");
        let statement = ground.statement().await.expect("a statement");
        assert_eq!((statement.received, statement.kept()), (payment.amount, run.totals.fees));
        assert_eq!(world.objects(BILLS).len(), 1);
        assert_eq!(ground.round().await["read"], 0, "its turn is over");
    });
}

#[test]
fn s35_1_what_nothing_heals_waits_for_a_person() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        let (payment, transaction) = (ground.payment().await, ground.transaction().await);
        let merchant = payment.sub_merchant.as_str();
        ground.later(27).await;
        let rows = [(FIRST, transaction.as_str(), merchant, "1.00"), ("X-1", "4200", merchant, "5.00")];
        let told = ground.run(bill(&rows)).await;
        assert_eq!(told["open"], 2, "{told}");
        let amount = ground.difference("amount_mismatch", FIRST).await.expect("a difference");
        assert_eq!((amount.state, amount.ours), (DifferenceState::Open, Some(payment.amount)));
        assert!(ground.difference("missing_local", "X-1").await.is_some());
    });
}

#[test]
fn s35_1_a_row_that_comes_when_a_bill_is_written_anew_settles_what_waited_for_it() {
    let evening = START.saturating_add(SignedDuration::from_mins(15 * 60 + 55)).expect("the same day");
    simulate_from(1, evening, async |world| {
        let ground = Ground::new(&world).await;
        let (payment, transaction) = (ground.payment().await, ground.transaction().await);
        let channels = ground.app.channels().await.expect("channels");
        let cashier = Cashier::new(ground.app.store(), ground.app.ambient(), Actor::system("test"));
        assert_eq!(cashier.ask(channels, &payment.no).await.expect("asked"), Some(Settled::Counted));
        ground.later(11).await;
        let told = ground.run(Bill::None).await;
        assert_eq!(told["open"], 1, "so near midnight the next day's bill may have it: {told}");
        let waiting = ground.difference("timing", FIRST).await.expect("a difference");
        assert_eq!((waiting.state, waiting.theirs), (DifferenceState::Open, None));
        ground.later(24).await;
        let told = ground.run(bill(&[(FIRST, &transaction, &payment.sub_merchant, "400.00")])).await;
        assert_eq!((&told["open"], &told["failed"]), (&json!(0), &json!(0)), "{told}");
        assert_eq!(ground.bill_run().await.state, RunState::Reread);
        let settled = ground.difference("timing", FIRST).await.expect("a difference");
        assert_eq!(settled.state, DifferenceState::Healed);
        assert_eq!(settled.ended.map(|said| said.why).as_deref(), Some("重新下载的账单中已有该笔"));
    });
}

#[test]
fn s35_1_a_bill_that_is_not_there_or_does_not_add_up_is_told() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        ground.later(27).await;
        let told = ground.run(Bill::NotReady).await;
        assert_eq!((&told["overdue"], ground.bill_run().await.state), (&json!(0), RunState::Waiting));
        let Bill::File(whole) = bill(&[(FIRST, "4200", "1900000201", "1.00")]) else { unreachable!("a file") };
        let cut = Bill::File(whole.slice(..whole.len() - 30));
        ground.later(7).await;
        let told = ground.run(cut).await;
        assert_eq!((&told["overdue"], &told["failed"]), (&json!(0), &json!(1)), "{told}");
        assert_eq!(ground.bill_run().await.state, RunState::Refused);
        ground.later(1).await;
        assert_eq!(ground.run(Bill::NotReady).await["overdue"], 1);
        assert_eq!(ground.difference("missing_local", FIRST).await, None, "nothing of it is believed");
    });
}
