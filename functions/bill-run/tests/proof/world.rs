//! A day of a hundred thousand rows as both sides have it, with faults planted on either: bills as text, facts in the
//! tables, and what the provider says when it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use domain::audit::Actor;
use domain::directory::{AgreedRates, Merchants, School};
use domain::id::{PaymentNo, RefundNo};
use domain::journal::Entry;
use domain::payment::{Channel, Evidence, Payment, Source};
use domain::reconciliation::bill::{BillTotals, FeeRate};
use domain::reconciliation::difference::DifferenceKind;
use domain::reconciliation::run::{BillFile, BillRun, RunState, Turn, days};
use domain::refund::Refund;
use domain::refund::settle::{RefundEvidence, Status};
use domain::{Moment, Money};
use edge::App;
use jiff::civil::{Date, date};
use serde_json::json;
use store::{Commit, Versioned};
use testkit::town::{MERCHANT, SCHOOL, id};

pub(crate) const DAY: Date = date(2026, 9, 1);
pub(crate) const BEFORE: Date = date(2026, 8, 31);
pub(crate) const AFTER: Date = date(2026, 9, 2);

/// Rows of the day's bill, at least.
pub(crate) const ROWS: usize = 100_000;
/// Faults of each kind.
pub(crate) const EACH: usize = 100;

/// The school whose merchant money goes to by mistake.
const OTHER: (&str, &str) = ("3144200102", "1900000202");

const NOON: &str = "2026-09-01T12:00:00+08:00";
const AMOUNT: i64 = 10_000;
const FEE: i64 = 60;

/// Agreeing refunds, beside the payments.
const REFUNDS: usize = 500;

const HEADER: &str = "\u{feff}交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,\
手续费,费率,订单金额,申请退款金额,费率备注\r\n";
const SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n";

/// A bill that is being written.
#[derive(Default)]
pub(crate) struct BillText {
    rows: String,
    count: i64,
    paid: i64,
    back: i64,
    fees: i64,
}

/// What a row says.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) merchant: String,
    pub(crate) number: String,
    pub(crate) transaction: String,
    pub(crate) fen: i64,
    pub(crate) fee: i64,
    pub(crate) at: String,
    /// Our number of the refund, and the provider's; none: a payment.
    pub(crate) refund: Option<(String, String)>,
}

fn yuan(fen: i64) -> String {
    Money::from_fen(fen).to_string()
}

impl BillText {
    pub(crate) fn row(&mut self, row: &Row) {
        let Row { merchant, number, transaction, fen, fee, at, refund } = row;
        let (paid, back) = if refund.is_some() { (0, *fen) } else { (*fen, 0) };
        let state = if refund.is_some() { ("REFUND", "ORIGINAL", "SUCCESS") } else { ("SUCCESS", "", "") };
        let (ours, theirs) = refund.clone().unwrap_or_else(|| ("0".to_owned(), "0".to_owned()));
        let (paid_yuan, back_yuan, fee_yuan) = (yuan(paid), yuan(back), yuan(*fee));
        write!(
            self.rows,
            "`{at},`wx,`1900000100,`{merchant},`,`{transaction},`{number},`o,`NATIVE,`{},`OTHERS,`CNY,`{paid_yuan},`0.00,\
             `{theirs},`{ours},`{back_yuan},`0.00,`{},`{},`书法,`,`{fee_yuan}000,`0.60%,`{paid_yuan},`{back_yuan},`\r\n",
            state.0, state.1, state.2
        )
        .expect("text");
        self.count += 1;
        self.paid += paid;
        self.back += back;
        self.fees += fee;
    }

    /// The whole file.
    pub(crate) fn text(&self) -> String {
        let (paid, back, fees) = (yuan(self.paid), yuan(self.back), yuan(self.fees));
        let stated = format!("`{}.0,`{paid},`{back},`0.00,`{fees}000,`{paid},`{back}\r\n", self.count);
        [HEADER, &self.rows, SUMMARY, &stated].concat()
    }

    pub(crate) const fn len(&self) -> i64 {
        self.count
    }
}

/// Differences by the day of the bill, their kind and their number.
pub(crate) type Named = BTreeSet<(Date, DifferenceKind, String)>;

/// Both sides.
#[derive(Default)]
pub(crate) struct Planted {
    pub(crate) bills: BTreeMap<Date, BillText>,
    /// What the provider says of payments; what it does not name it does not know.
    pub(crate) payments: BTreeMap<PaymentNo, Evidence>,
    pub(crate) refunds: BTreeMap<RefundNo, RefundEvidence>,
    /// What the provider set down for a merchant, in place of what the bill leaves.
    pub(crate) flows: BTreeMap<String, i64>,
    pub(crate) expected: Named,
    entries: Vec<Entry>,
    owned: Vec<Owned>,
    next: usize,
}

/// What lies in the tables beside the journal.
enum Owned {
    Payment(Box<Payment>),
    Refund(Box<Refund>),
}

/// What a planted payment is like in our tables.
struct Ours {
    state: &'static str,
    counted: bool,
    at: Moment,
    reserved: i64,
}

const SETTLED: &str = "succeeded";

impl Planted {
    /// The next payment's number.
    fn number(&mut self) -> String {
        self.next += 1;
        format!("20261-{:010}-01-1", self.next)
    }

    fn row(number: &str, at: &str) -> Row {
        Row {
            merchant: MERCHANT.to_owned(),
            number: number.to_owned(),
            transaction: transaction(number),
            fen: AMOUNT,
            fee: FEE,
            at: at.to_owned(),
            refund: None,
        }
    }

    fn bill(&mut self, day: Date) -> &mut BillText {
        self.bills.entry(day).or_default()
    }

    /// A payment in the journal, and whether it counts.
    fn post(&mut self, number: &str, at: Moment, counted: bool) {
        self.entries.push(Entry::paid(&evidence(number, at), &id(SCHOOL), counted));
    }

    fn own(&mut self, number: &str, ours: &Ours) {
        self.owned.push(Owned::Payment(Box::new(payment(number, ours))));
    }

    fn expect(&mut self, day: Date, kind: DifferenceKind, number: &str) {
        self.expected.insert((day, kind, number.to_owned()));
    }

    /// A refund that the provider took on at noon, and its payment of another day.
    fn refund(&mut self) -> (String, RefundEvidence) {
        let number = self.number();
        let at = noon().plus_seconds(-30 * 86_400);
        self.own(&number, &Ours { state: SETTLED, counted: true, at, reserved: AMOUNT });
        let no = format!("{number}-R1");
        let evidence = RefundEvidence {
            source: Source::Query,
            channel: Channel::Wechat,
            refund: no.clone(),
            provider_no: format!("50{number}"),
            transaction: transaction(&number),
            sub_merchant: MERCHANT.to_owned(),
            amount: Money::from_fen(AMOUNT),
            status: Status::Done,
            at: noon(),
            accepted_at: Some(noon()),
        };
        let refund: Refund = serde_json::from_value(json!({
            "payment": number, "seq": 1, "school": SCHOOL, "amount": AMOUNT, "reason": "agreed", "state": "done",
            "reserved_at": noon(), "sent_at": noon(), "accepted_at": noon(), "listed_on": DAY, "ended_at": noon(),
            "provider_no": evidence.provider_no,
        }))
        .expect("a refund");
        self.owned.push(Owned::Refund(Box::new(refund)));
        (no, evidence)
    }

    /// Writes everything of ours into the tables, the schools first.
    pub(crate) async fn settle_in(&self, app: &App) {
        let begin = || Commit::new(Actor::system("test"), "test.begin", app.now());
        let school = app.store().school(&id(SCHOOL)).await.expect("read").expect("the school of the town");
        let mut commit = begin();
        let great = School { merchants: rated(MERCHANT), ..school.value.clone() };
        commit.save_school(&school.with(great)).expect("an item");
        app.store().commit(commit).await.expect("written");
        for (code, merchant) in others() {
            let mut commit = begin();
            let other = School { code: id(&code), merchants: rated(&merchant), ..school.value.clone() };
            commit.save_school(&Versioned::absent(other)).expect("an item");
            app.store().commit(commit).await.expect("written");
        }
        for entries in self.entries.chunks(90) {
            let mut commit = begin();
            for entry in entries {
                commit.post_journal(entry).expect("an item");
            }
            app.store().commit(commit).await.expect("written");
        }
        for some in self.owned.chunks(20) {
            let mut commit = begin();
            for one in some {
                match one {
                    Owned::Payment(payment) => commit.save_payment(&Versioned::absent((**payment).clone())),
                    Owned::Refund(refund) => commit
                        .save_refund(&Versioned::absent((**refund).clone()))
                        .and_then(|()| commit.list_refund(refund, DAY)),
                }
                .expect("an item");
            }
            app.store().commit(commit).await.expect("written");
        }
    }
}

/// The bills of the days before were read long ago.
pub(crate) async fn read_before(app: &App, now: Moment) {
    for day in days(now).filter(|day| *day < BEFORE) {
        let mut run = BillRun::new(Channel::Wechat, day, None);
        let none = BillFile { hash: String::new(), bytes: 0 };
        run.read(Turn::ReadAgain, none, (BillTotals::default(), 0), now);
        assert_eq!(run.state, RunState::Reread);
        let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
        commit.save_bill_run(&Versioned::absent(run)).expect("an item");
        app.store().commit(commit).await.expect("written");
    }
}

pub(crate) fn noon() -> Moment {
    Moment::parse(NOON).expect("a moment")
}

fn transaction(number: &str) -> String {
    format!("T{number}")
}

fn rated(merchant: &str) -> Merchants {
    let rates = AgreedRates { wechat: Some(FeeRate::from_millionths(6_000)), ..AgreedRates::default() };
    Merchants { rates, ..Merchants::wechat(merchant) }
}

/// The schools beside the great one, by code and merchant: one that gets others' money, and a hundred small ones.
fn others() -> impl Iterator<Item = (String, String)> {
    let small = (0..EACH).map(small);
    [(OTHER.0.to_owned(), OTHER.1.to_owned())].into_iter().chain(small)
}

fn small(at: usize) -> (String, String) {
    (format!("31442{:05}", 1_000 + at), format!("19100{at:05}"))
}

fn evidence(number: &str, at: Moment) -> Evidence {
    Evidence {
        source: Source::Query,
        channel: Channel::Wechat,
        event: None,
        payment: id(number),
        transaction: transaction(number),
        merchant: "1900000100".to_owned(),
        app: "wx".to_owned(),
        sub_merchant: MERCHANT.to_owned(),
        total: Money::from_fen(AMOUNT),
        currency: "CNY".to_owned(),
        paid_at: at,
    }
}

fn payment(number: &str, ours: &Ours) -> Payment {
    let mut payment: Payment = serde_json::from_value(json!({
        "no": number, "school": SCHOOL, "channel": "wechat", "method": "native", "sub_merchant": MERCHANT,
        "amount": AMOUNT, "state": ours.state, "sent_at": ours.at, "expires_at": ours.at,
        "refund_reserved": ours.reserved, "refunds": u8::from(ours.reserved > 0),
    }))
    .expect("a payment");
    if ours.state == SETTLED {
        let paid = json!({
            "transaction": transaction(number), "at": ours.at, "counted": ours.counted, "source": "callback", "snapshot": "",
        });
        payment.paid = Some(serde_json::from_value(paid).expect("a success"));
    }
    payment
}

/// A day on which both sides agree in all that no fault is about, and a hundred faults of each kind.
pub(crate) fn planted() -> Planted {
    let mut world = Planted::default();
    let noon_text = "2026-09-01 12:00:00";
    faults_of_payments(&mut world, noon_text);
    faults_of_refunds(&mut world, noon_text);
    faults_of_days(&mut world);
    faults_of_settlement(&mut world, noon_text);
    for _ in 0..REFUNDS {
        let (no, evidence) = world.refund();
        let number = no.trim_end_matches("-R1").to_owned();
        let row = Row { fee: 0, refund: Some((no, evidence.provider_no)), ..Planted::row(&number, noon_text) };
        world.bill(DAY).row(&row);
    }
    while world.bill(DAY).len() < i64::try_from(ROWS).expect("few") {
        let number = world.number();
        world.post(&number, noon(), true);
        world.bill(DAY).row(&Planted::row(&number, noon_text));
    }
    world
}

fn faults_of_payments(world: &mut Planted, at: &str) {
    let sent = || Ours { state: "sent", counted: false, at: noon(), reserved: 0 };
    for turn in 0..EACH {
        let even = turn % 2 == 0;
        // Paid at the provider: after it was closed here, or under a number of nobody's.
        let number = world.number();
        if even {
            world.own(&number, &Ours { state: "closed", ..sent() });
            world.payments.insert(id(&number), evidence(&number, noon()));
        }
        world.bill(DAY).row(&Planted::row(&number, at));
        world.expect(DAY, DifferenceKind::MissingLocal, &number);

        // Paid, and nobody told.
        let number = world.number();
        world.own(&number, &sent());
        world.payments.insert(id(&number), evidence(&number, noon()));
        world.bill(DAY).row(&Planted::row(&number, at));
        world.expect(DAY, DifferenceKind::StateLag, &number);

        // A fen more or less.
        let number = world.number();
        world.post(&number, noon(), true);
        world.own(&number, &Ours { state: SETTLED, counted: true, ..sent() });
        world.bill(DAY).row(&Row { fen: AMOUNT + if even { 1 } else { -1 }, ..Planted::row(&number, at) });
        world.expect(DAY, DifferenceKind::AmountMismatch, &number);

        // To another school's merchant.
        let number = world.number();
        world.post(&number, noon(), true);
        world.own(&number, &Ours { state: SETTLED, counted: true, ..sent() });
        world.bill(DAY).row(&Row { merchant: OTHER.1.to_owned(), ..Planted::row(&number, at) });
        world.expect(DAY, DifferenceKind::AccountMismatch, &number);

        // Paid for nothing, and nothing set aside; or paid a second time by another transaction.
        let number = world.number();
        world.post(&number, noon(), !even);
        world.own(&number, &Ours { state: SETTLED, counted: !even, ..sent() });
        let row = Planted::row(&number, at);
        world.bill(DAY).row(&row);
        let again = if even { row.transaction.clone() } else { format!("{}A", row.transaction) };
        if !even {
            world.bill(DAY).row(&Row { transaction: again.clone(), ..row });
        }
        world.expect(DAY, DifferenceKind::DuplicatePaid, &format!("{number}@{again}"));

        // The provider keeps more than was agreed on, or less.
        let number = world.number();
        world.post(&number, noon(), true);
        world.own(&number, &Ours { state: SETTLED, counted: true, ..sent() });
        world.bill(DAY).row(&Row { fee: FEE + if even { 1 } else { -1 }, ..Planted::row(&number, at) });
        world.expect(DAY, DifferenceKind::FeeDiff, &number);
    }
}

/// Refunds nobody here asked for, and facts the bill has left out: of each, half are known to the provider all the same.
fn faults_of_refunds(world: &mut Planted, at: &str) {
    for turn in 0..EACH {
        let number = world.number();
        world.own(&number, &Ours { state: SETTLED, counted: true, at: noon().plus_seconds(-9 * 86_400), reserved: 0 });
        let provider_no = format!("60{number}");
        let refund = Some((String::new(), provider_no.clone()));
        world.bill(DAY).row(&Row { fee: 0, refund, ..Planted::row(&number, at) });
        world.expect(DAY, DifferenceKind::RefundExternal, &provider_no);

        let known = turn % 2 == 0;
        if turn % 4 < 2 {
            let number = world.number();
            world.post(&number, noon(), true);
            world.own(&number, &Ours { state: SETTLED, counted: true, at: noon(), reserved: 0 });
            if known {
                world.payments.insert(id(&number), evidence(&number, noon()));
            }
            world.expect(DAY, DifferenceKind::MissingProvider, &number);
        } else {
            let (no, evidence) = world.refund();
            if known {
                world.refunds.insert(id(&no), evidence);
            }
            world.expect(DAY, DifferenceKind::MissingProvider, &no);
        }
    }
}

/// A night lies between: each such fact stands in the bill of one day and in the books of the other, and is told on both.
fn faults_of_days(world: &mut Planted) {
    let midnight = Moment::parse("2026-09-01T00:00:00+08:00").expect("a moment");
    for turn in 0..EACH {
        let number = world.number();
        let (late, booked, billed, at) = if turn % 2 == 0 {
            (midnight.plus_seconds(-10), BEFORE, DAY, "2026-09-01 00:00:02")
        } else {
            (midnight.plus_seconds(86_400 - 10), DAY, AFTER, "2026-09-02 00:00:02")
        };
        world.post(&number, late, true);
        world.own(&number, &Ours { state: SETTLED, counted: true, at: late, reserved: 0 });
        world.bill(billed).row(&Planted::row(&number, at));
        world.expect(booked, DifferenceKind::Timing, &number);
        world.expect(billed, DifferenceKind::Timing, &number);
    }
}

/// Each of a hundred small schools is paid out a fen less than its bill leaves.
fn faults_of_settlement(world: &mut Planted, at: &str) {
    for (code, merchant) in (0..EACH).map(small) {
        let number = world.number();
        let paid = Evidence { sub_merchant: merchant.clone(), ..evidence(&number, noon()) };
        world.entries.push(Entry::paid(&paid, &id(&code), true));
        world.bill(DAY).row(&Row { merchant: merchant.clone(), ..Planted::row(&number, at) });
        world.flows.insert(merchant, AMOUNT - FEE - 1);
        world.expected.insert((DAY, DifferenceKind::SettlementDiff, format!("wechat|{code}")));
    }
}
