//! A day's bill, fetched, held against the books, healed and drawn up. S35.1.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::io::Write;
use std::time::Duration;

use bill_run::{Bill, Provider, run, run_with_channels, watch};
use bytes::Bytes;
use cashier::{Carried, Cashier, CashierError, Mended, Settled};
use domain::access::Guarded;
use domain::audit::Actor;
use domain::directory::{Homeroom, School};
use domain::id::{DifferenceId, HomeroomId, PaymentNo, RefundNo, SchoolCode};
use domain::payment::{Channel, Payment, PaymentState, ProviderState};
use domain::reconciliation::difference::{Difference, DifferenceState, Said};
use domain::reconciliation::run::{BillRun, RunState};
use domain::reconciliation::statement::Statement;
use domain::refund::reserve::{Wanted, reserve};
use domain::refund::rules::Payout;
use domain::refund::settle::RefundEvidence;
use domain::refund::{RefundReason, RefundState, Trouble};
use edge::App;
use gateway::channel::{ChannelError, Channels};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulator::wechat::Faults;
use store::{Commit, Versioned};
use testkit::stage::{BILLS, PUBLIC_URL, Stage, Who, event, send};
use testkit::town::{SCHOOL, SELLER, TERM, Town, id};
use testkit::{Fault, START, Script, World, simulate, simulate_from};

const DAY: Date = date(2026, 9, 1);
const FIRST: &str = "20261-S000000000-01-1";

const HEADER: &str = "\u{feff}交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,\
手续费,费率,订单金额,申请退款金额,费率备注\r\n";
const SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n";

/// The simulated provider, with a bill in its hand; none: it is not written yet.
struct WithBill<'a> {
    channels: &'a Channels,
    /// None: it is not ready; empty: nothing was traded.
    bill: Option<Bytes>,
    /// Whether it knows nothing of any payment when it is asked.
    forgets: bool,
}

impl Provider for WithBill<'_> {
    async fn bill(
        &self,
        channel: Channel,
        day: Date,
        _: Option<&str>,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        if (channel, day) != (Channel::Wechat, DAY) {
            return Ok(Bill::None);
        }
        let Some(bill) = &self.bill else { return Ok(Bill::NotReady) };
        if bill.is_empty() {
            return Ok(Bill::None);
        }
        into.write_all(bill).expect("room");
        Ok(Bill::Written)
    }

    async fn fund_flow(
        &self,
        channel: Channel,
        day: Date,
        merchant: &str,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        self.channels.fund_flow(channel, day, merchant, into).await
    }

    async fn query_refund(
        &self,
        cashier: &Cashier<'_>,
        refund: &RefundNo,
    ) -> Result<Option<RefundEvidence>, CashierError> {
        cashier.query_refund(self.channels, refund).await
    }

    fn serves(&self, channel: Channel, school: &School) -> bool {
        self.channels.merchant(channel, school).is_some()
    }

    async fn query(&self, payment: &Payment) -> Result<ProviderState, ChannelError> {
        if self.forgets { Ok(ProviderState::Unknown) } else { self.channels.query(payment).await }
    }

    async fn ask(&self, cashier: &Cashier<'_>, payment: &PaymentNo) -> Result<Option<Settled>, CashierError> {
        cashier.ask(self.channels, payment).await
    }

    async fn carry(&self, cashier: &Cashier<'_>, refund: &RefundNo, public_url: &str) -> Result<Carried, CashierError> {
        Box::pin(cashier.carry(self.channels, refund, public_url)).await
    }
}

/// So late on the first day that the next day's bill may have what is paid.
fn near_midnight() -> Timestamp {
    START.saturating_add(SignedDuration::from_mins(15 * 60 + 55)).expect("the same day")
}

/// Rows of payments: number, transaction, merchant, yuan.
fn bill(rows: &[(&str, &str, &str, &str)]) -> Bytes {
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
    Bytes::from([HEADER, &rows, SUMMARY, &stated].concat())
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

    /// A payment at WeChat Pay that was asked about and is counted, and the bill that has it.
    async fn counted(world: &World) -> (Self, Bytes) {
        let ground = Self::new(world).await;
        ground.stage.provider().set_faults(Faults { no_fund_flow: true, ..Faults::NONE });
        let (payment, transaction) = (ground.payment().await, ground.transaction().await);
        let channels = ground.app.channels().await.expect("channels");
        let cashier = Cashier::new(ground.app.store(), ground.app.ambient(), Actor::system("test"));
        assert_eq!(cashier.ask(channels, &payment.no).await.expect("asked"), Some(Settled::Counted));
        let whole = bill(&[(FIRST, &transaction, &payment.sub_merchant, "400.00")]);
        (ground, whole)
    }

    async fn begun(world: &World, channel: &str, method: &str) -> Self {
        Self::placed(world, &Town::small(4), (channel, method)).await
    }

    /// A payment that is begun at WeChat Pay in another town.
    async fn in_town(world: &World, town: &Town) -> Self {
        Self::placed(world, town, ("wechat", "native")).await
    }

    async fn placed(world: &World, town: &Town, (channel, method): (&str, &str)) -> Self {
        let stage = Stage::with(world, town).await;
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
    async fn run(&self, bill: impl Into<Option<Bytes>>) -> Value {
        let bill = bill.into();
        let app = self.stage.app();
        let channels = app.channels().await.expect("channels");
        run(&app, &WithBill { channels, bill, forgets: false }).await.json()
    }

    /// The last reading of the bill settles what waited for its row.
    async fn settled_by(&self, whole: Bytes) -> Difference {
        let told = self.run(whole).await;
        assert_eq!((&told["open"], &told["failed"]), (&json!(0), &json!(0)), "{told}");
        assert_eq!(self.bill_run().await.state, RunState::Reread);
        let settled = self.difference("timing", FIRST).await.expect("a difference");
        assert_eq!(settled.state, DifferenceState::Healed);
        settled
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

    /// The alerts of the school that are open, and those that are not.
    async fn alerts(&self) -> (Vec<String>, Vec<String>) {
        let (found, _) = self.app.store().alerts(&id(SCHOOL), None, None, 100).await.expect("read");
        let found = found.into_iter().map(|found| found.unguarded().value);
        let (open, over): (Vec<_>, Vec<_>) = found.partition(domain::alert::Alert::is_open);
        let places =
            |alerts: Vec<_>| alerts.iter().map(|alert: &domain::alert::Alert| alert.id.place().to_owned()).collect();
        (places(open), places(over))
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
        assert_eq!(told["open"], 3, "{told}");
        let amount = ground.difference("amount_mismatch", FIRST).await.expect("a difference");
        assert_eq!((amount.state, amount.ours), (DifferenceState::Open, Some(payment.amount)));
        assert!(ground.difference("missing_local", "X-1").await.is_some());
        // The provider's own figures are those of the payment that was made, and not of this bill.
        let settlement = ground.difference("settlement_diff", "wechat").await.expect("a difference");
        assert!(settlement.is_open() && settlement.theirs < Some(payment.amount));
    });
}

/// Sets a yuan of the payment aside to go back.
async fn reserved(ground: &Ground) -> RefundNo {
    let payment = ground.app.store().payment(&id::<PaymentNo>(FIRST)).await.expect("read");
    let mut payment = payment.map(Guarded::unguarded).expect("a payment");
    let wanted = Wanted {
        amount: domain::Money::from_fen(100),
        parts: Vec::new(),
        lines: Vec::new(),
        payout: Payout::Original,
        reason: RefundReason::Agreed,
        retry_of: None,
        request: None,
        payer: None,
    };
    let refund = reserve(&mut payment.value, None, wanted, ground.app.now()).expect("reserved");
    let no = refund.no();
    let mut commit = Commit::new(Actor::system("test"), "test.reserve", ground.app.now());
    commit.save_payment(&payment).expect("an item");
    commit.save_refund(&Versioned::absent(refund)).expect("an item");
    ground.app.store().commit(commit).await.expect("written");
    no
}

#[test]
fn s35_1_what_neither_bill_nor_provider_knows_goes_out_to_nobody_until_a_person_decides() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        let app = ground.stage.app();
        let channels = app.channels().await.expect("channels");
        let cashier = Cashier::new(app.store(), app.ambient(), Actor::system("test"));
        cashier.ask(channels, &id(FIRST)).await.expect("asked");
        let refund = reserved(&ground).await;
        ground.later(27).await;
        let nothing = Some(bill(&[]));
        let told = run(&app, &WithBill { channels, bill: nothing, forgets: true }).await;
        assert_eq!((told.open, told.failed), (1, 0), "{:?}", told.worst);
        let missing = ground.difference("missing_provider", FIRST).await.expect("a difference");
        assert_eq!((missing.is_frozen(), missing.freezes), (true, Some(id(FIRST))));

        let carried = async || Box::pin(cashier.carry(channels, &refund, PUBLIC_URL)).await.expect("carried");
        let state = async || {
            let found = app.store().refund(&refund).await.expect("read").map(Guarded::unguarded).expect("a refund");
            (found.value.state, found.value.trouble)
        };
        assert_eq!(
            (carried().await, state().await),
            (Carried::Waiting, (RefundState::Reserved, Some(Trouble::Frozen)))
        );
        assert_eq!(cashier.hand_out(&refund).await.expect("asked"), Mended::NotNow, "nor by hand");
        let found = app.store().difference(&missing.id).await.expect("read").map(Guarded::unguarded);
        let mut found = found.expect("a difference");
        found.value.confirm(Said::read(&id("F000000001"), "通道补录", app.now()).expect("said")).expect("confirmed");
        let mut commit = Commit::new(Actor::system("test"), "difference.confirm", app.now());
        commit.save_difference(&found).expect("an item");
        app.store().commit(commit).await.expect("written");
        assert_eq!(carried().await, Carried::Accepted);
        let (now, trouble) = state().await;
        assert!(now != RefundState::Reserved && trouble.is_none(), "{now} {trouble:?}");
        assert!(!ground.payment().await.is_frozen());
    });
}

#[test]
fn s35_1_by_night_what_the_index_has_lost_is_found() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        let (app, key) = (ground.stage.app(), format!("PAYMENT#{FIRST}"));
        let channels = app.channels().await.expect("channels");
        let mut item = world.peek("test-money", &key, "PAYMENT").expect("a payment");
        assert!(item.remove("due").is_some() && item.remove("due_shard").is_some());
        world.plant("test-money", item);
        ground.later(17).await;
        assert_eq!(app.store().due_money(app.now(), 100).await.expect("read"), [], "the sweep does not see it");
        let night = watch(&app, channels).await.expect("a night");
        assert_eq!((night.seen, night.lost, night.failed, night.whole), (1, 1, 0, true));
        assert_eq!(ground.payment().await.state, PaymentState::Succeeded);
        let night = watch(&app, channels).await.expect("a night");
        assert_eq!((night.seen, night.lost), (0, 0), "all is final");

        // A refund that was set aside and that no task will ever send.
        reserved(&ground).await;
        let night = watch(&app, channels).await.expect("a night");
        assert_eq!((night.seen, night.lost), (1, 1));
        let night = watch(&app, channels).await.expect("a night");
        assert_eq!((night.seen, night.lost), (1, 0), "its task is there again");
    });
}

#[test]
fn s35_1_a_row_that_comes_when_a_bill_is_written_anew_settles_what_waited_for_it() {
    simulate_from(1, near_midnight(), async |world| {
        let (ground, whole) = Ground::counted(&world).await;
        ground.later(11).await;
        let told = ground.run(Bytes::new()).await;
        assert_eq!(told["open"], 1, "so near midnight the next day's bill may have it: {told}");
        let waiting = ground.difference("timing", FIRST).await.expect("a difference");
        assert_eq!((waiting.state, waiting.theirs), (DifferenceState::Open, None));
        ground.later(24).await;
        let settled = ground.settled_by(whole).await;
        assert_eq!(settled.ended.map(|said| said.why).as_deref(), Some("重新下载的账单中已有该笔"));
    });
}

#[test]
fn s35_1_a_provider_that_has_no_bill_two_days_later_is_asked_once_more() {
    simulate_from(1, near_midnight(), async |world| {
        let (ground, whole) = Ground::counted(&world).await;
        // Nothing was read on the first morning; on the second the provider says what it says before a bill is written.
        ground.later(11 + 24).await;
        assert_eq!(ground.run(Bytes::new()).await["open"], 1);
        assert_eq!(ground.bill_run().await.state, RunState::NoTrade);
        assert_eq!(ground.run(whole.clone()).await["read"], 0, "not at once");
        ground.later(1).await;
        ground.settled_by(whole).await;
    });
}

/// Wherever a run stops whose bill is old enough never to be read again, the next one does all that it left.
#[test]
fn s35_1_a_run_that_stops_anywhere_leaves_a_day_to_the_next_one() {
    let read = async |world: &World| {
        let ground = Ground::new(world).await;
        // On the first day there is no bill; what was before it is over.
        for hours in [27, 1] {
            ground.later(hours).await;
            ground.run(None).await;
        }
        ground.later(23).await;
        let app = ground.stage.app();
        let crashed = world.run(async move { run_with_channels(&app).await }).await.crashed();
        (ground, crashed)
    };
    let calls = simulate(1, async |world| {
        assert!(!read(&world).await.1);
        world.calls_of_last_run().len()
    });
    assert!((30..100).contains(&calls), "{calls}");
    for at_call in 0..calls {
        simulate(1, async |world| {
            world.set_script(Script { at_call, fault: Fault::CrashAfter });
            let (ground, crashed) = read(&world).await;
            assert!(crashed, "call {at_call}");
            ground.later(1).await;
            assert_eq!(ground.round().await["failed"], 0, "call {at_call}");
            let amount = ground.payment().await.amount;
            let lag = ground.difference("state_lag", FIRST).await;
            assert!(lag.is_none_or(|lag| lag.state == DifferenceState::Healed), "call {at_call}");
            let statement = ground.statement().await.expect("a statement");
            assert_eq!((statement.received, statement.closing), (amount, amount), "call {at_call}");
            assert_eq!(ground.bill_run().await.state, RunState::Reread, "call {at_call}");
        });
    }
}

#[test]
fn s35_1_a_bill_that_is_not_there_or_does_not_add_up_is_told() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        ground.later(27).await;
        let told = ground.run(None).await;
        assert_eq!((&told["overdue"], ground.bill_run().await.state), (&json!(0), RunState::Waiting));
        let whole = bill(&[(FIRST, "4200", "1900000201", "1.00")]);
        let cut = whole.slice(..whole.len() - 30);
        ground.later(7).await;
        let told = ground.run(cut).await;
        assert_eq!((&told["overdue"], &told["failed"]), (&json!(0), &json!(1)), "{told}");
        assert_eq!(ground.bill_run().await.state, RunState::Refused);
        ground.later(1).await;
        assert_eq!(ground.run(None).await["overdue"], 1);
        assert_eq!(ground.difference("missing_local", FIRST).await, None, "nothing of it is believed");
    });
}

#[test]
fn s35_1_a_difference_that_the_next_morning_has_not_mended_is_told_once() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        ground.stage.provider().set_faults(Faults { no_fund_flow: true, ..Faults::NONE });
        let (payment, transaction) = (ground.payment().await, ground.transaction().await);
        let rows = [(FIRST, transaction.as_str(), payment.sub_merchant.as_str(), "1.00")];
        ground.later(27).await;
        assert_eq!(ground.run(bill(&rows)).await["open"], 1);
        assert_eq!(ground.alerts().await, (vec![], vec![]), "the next bill may mend it");
        ground.later(24).await;
        ground.run(bill(&rows)).await;
        let place = format!("difference_open.{DAY}.amount_mismatch.{FIRST}");
        assert_eq!(ground.alerts().await, (vec![place.clone()], vec![]));
        let found = ground.app.store().alert(&id(&format!("{SCHOOL}.{place}"))).await.expect("read");
        let mut alert = found.map(Guarded::unguarded).expect("an alert");
        alert.value.settle(&id("A000000003"), "已联系通道", ground.app.now()).expect("settled");
        let mut commit = Commit::new(Actor::system("test"), "test.settle", ground.app.now());
        commit.save_alert(&alert).expect("an item");
        ground.app.store().commit(commit).await.expect("written");
        ground.later(24).await;
        ground.run(bill(&rows)).await;
        assert_eq!(ground.alerts().await, (vec![], vec![place]), "who has seen to it is not told again");
    });
}

#[test]
fn s34_4_the_330th_day_of_a_payment_is_told_while_its_course_goes_on() {
    simulate(1, async |world| {
        let mut town = Town::small(4);
        town.term.ends_on = date(2027, 8, 31);
        let ground = Ground::in_town(&world, &town).await;
        ground.stage.provider().pay(FIRST, world.now()).expect("paid");
        ground.later(27).await;
        ground.round().await;
        archive::look(ground.stage.app(), format!("S000000000/{TERM}")).await.expect("listed");
        ground.later((330 - 2) * 24).await;
        ground.round().await;
        assert_eq!(ground.alerts().await, (vec![], vec![]), "not yet");
        for _ in 0..2 {
            ground.later(24).await;
            ground.round().await;
            assert_eq!(ground.alerts().await, (vec![format!("refund_time_short.{FIRST}")], vec![]));
        }
    });
}

#[test]
fn s34_4_of_a_term_that_is_over_no_payment_is_told() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        ground.later(27).await;
        ground.round().await;
        archive::look(ground.stage.app(), format!("S000000000/{TERM}")).await.expect("listed");
        ground.later(331 * 24).await;
        ground.round().await;
        assert_eq!(ground.alerts().await, (vec![], vec![]));
    });
}
