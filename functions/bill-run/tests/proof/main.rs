//! The proof of reconciliation on the product's own path: a thousand faults of ten kinds in a hundred thousand rows of bill
//! text are read, matched, healed and decided over the emulated tables; only the provider's answers are planted. S35.1.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

mod world;

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use axum::Router;
use bill_run::{Bill, Provider, run};
use cashier::{Carried, Cashier, CashierError, Settled};
use domain::Tenant;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::directory::School;
use domain::id::{PaymentNo, RefundNo};
use domain::payment::{Channel, Payment, PaymentState, ProviderState};
use domain::reconciliation::difference::{Difference, DifferenceKind, DifferenceState};
use domain::reconciliation::run::BillRun;
use domain::refund::settle::RefundEvidence;
use edge::App;
use gateway::channel::ChannelError;
use jiff::civil::Date;
use serde_json::{Value, json};
use store::{Commit, Versioned};
use strum::VariantArray as _;
use testkit::stage::{Stage, Who, event, send};
use testkit::town::Town;
use testkit::{World, plain, simulate};

use crate::world::{AFTER, BEFORE, DAY, EACH, Named, Planted, ROWS, planted, read_before};

/// The provider: its bills are text, what it says when asked is applied by the cashier.
impl Provider for Planted {
    async fn bill(
        &self,
        _: Channel,
        day: Date,
        _: Option<&str>,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        let Some(bill) = self.bills.get(&day) else { return Ok(Bill::None) };
        into.write_all(bill.text().as_bytes()).expect("room");
        Ok(Bill::Written)
    }

    async fn fund_flow(
        &self,
        _: Channel,
        day: Date,
        merchant: &str,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        let Some(fen) = self.flows.get(merchant).filter(|_| day == DAY) else { return Ok(Bill::None) };
        let sum = domain::Money::from_fen(*fen);
        write!(
            into,
            "\u{feff}记账时间,业务名称,业务类型,收支类型,收支金额(元)\r\n`2026-09-01 12:00:00,`交易,`交易,`收入,`{sum}\r\n\
             资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`1.0,`1.0,`{sum},`0.0,`0.00\r\n"
        )
        .expect("room");
        Ok(Bill::Written)
    }

    fn serves(&self, channel: Channel, _: &School) -> bool {
        channel == Channel::Wechat
    }

    async fn query(&self, payment: &Payment) -> Result<ProviderState, ChannelError> {
        let known = self.payments.get(&payment.no).cloned();
        Ok(known.map_or(ProviderState::Unknown, ProviderState::Paid))
    }

    async fn query_refund(&self, _: &Cashier<'_>, refund: &RefundNo) -> Result<Option<RefundEvidence>, CashierError> {
        Ok(self.refunds.get(refund).cloned())
    }

    async fn ask(&self, cashier: &Cashier<'_>, payment: &PaymentNo) -> Result<Option<Settled>, CashierError> {
        match self.payments.get(payment) {
            Some(evidence) => cashier.settle(evidence, None).await.map(Some),
            None => Ok(None),
        }
    }

    async fn carry(&self, cashier: &Cashier<'_>, refund: &RefundNo, _: &str) -> Result<Carried, CashierError> {
        let Some(evidence) = self.refunds.get(refund) else { return Ok(Carried::Waiting) };
        cashier.settle_refund(evidence, None).await.map(|_| Carried::Accepted)
    }
}

/// All differences, by where they are found.
async fn differences(app: &App) -> BTreeMap<String, Versioned<Difference>> {
    let mut found = BTreeMap::new();
    let schools = app.store().schools().await.expect("read").into_iter();
    let schools = schools.map(|school| Tenant::School(school.value.code));
    for of in schools.chain([Tenant::Platform]) {
        let mut after = None;
        loop {
            let (page, next) = app.store().differences(&of, None, after.as_deref(), 100).await.expect("read");
            let page = page.into_iter().map(Guarded::unguarded);
            found.extend(page.map(|difference| (difference.value.id.to_string(), difference)));
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    found
}

fn named(differences: &BTreeMap<String, Versioned<Difference>>) -> Named {
    let name = |difference: &Difference| {
        let number = difference.id.number();
        let settlement = difference.kind == DifferenceKind::SettlementDiff;
        if settlement { format!("{number}|{}", difference.id.tenant()) } else { number.to_owned() }
    };
    let each = differences.values().map(|difference| &difference.value);
    each.map(|difference| (difference.id.day(), difference.kind, name(difference))).collect()
}

/// What a person decides by the operations of the platform: confirmed, or let go by two.
async fn decide(router: &Router, difference: &Versioned<Difference>, turn: usize) {
    let finance =
        |who: &str| Who::Person(who.to_owned(), format!("school_finance@school:{}", difference.value.id.tenant()));
    let path = format!("/differences/{}", difference.value.id);
    let (first, second) = (finance("F000000001"), finance("F000000002"));
    let body = json!({"reason": "已与通道核对"}).to_string();
    let act = async |who: &Who, act: &str, ver: u64, body: Option<&str>| {
        let ver = format!("\"{ver}\"");
        let sent = event("POST", &format!("{path}/{act}"), who, &[("If-Match", &ver)], body);
        let answered = send(router, &sent).await;
        assert_eq!(answered.status, 200, "{act} {path}");
        answered.json()
    };
    if turn.is_multiple_of(2) {
        act(&first, "confirm", difference.ver, Some(&body)).await;
        return;
    }
    let waived = act(&first, "waive", difference.ver, Some(&body)).await;
    if waived["state"] == "open" {
        act(&second, "waiver/approve", difference.ver + 1, None).await;
    }
}

/// The bills of three days are read anew, as if nobody had.
async fn forget_runs(app: &App) {
    let days = [BEFORE, DAY, AFTER].map(|day| (Channel::Wechat, None, day));
    for run in app.store().bill_runs(days).await.expect("read").into_values() {
        let mut commit = Commit::new(Actor::system("test"), "test.forget", app.now());
        commit.save_bill_run(&run.with(BillRun::new(run.value.channel, run.value.day, None))).expect("an item");
        app.store().commit(commit).await.expect("written");
    }
}

/// All that is money, by its place, except how often bills were read.
fn money(world: &World) -> BTreeMap<String, Value> {
    let items = world.scan("test-money").into_iter().map(|item| plain(&item));
    let placed = items.map(|item| (format!("{} {}", item["pk"], item["sk"]), item));
    placed.filter(|(place, _)| !place.starts_with("\"BILLS#")).collect()
}

#[test]
fn s35_1_a_thousand_faults_in_a_hundred_thousand_rows_of_bill_text_are_found_and_healed_once() {
    simulate(1, async |world| {
        let stage = Stage::with(&world, &Town::small(1)).await;
        let (planted, app) = (planted(), stage.app());
        assert!(planted.bills[&DAY].len() >= i64::try_from(ROWS).expect("few"));
        planted.settle_in(&app).await;
        // Both bills that a night lies between are there: half past ten, two days later.
        stage.world.advance(Duration::from_hours(51)).await;
        read_before(&app, app.now()).await;

        let told = run(&app, &planted).await;
        assert_eq!((told.failed, told.read), (0, 3), "{:?}", told.worst);
        let known = differences(&app).await;
        let found = named(&known);
        let missed: Vec<_> = planted.expected.difference(&found).take(5).collect();
        let more: Vec<_> = found.difference(&planted.expected).take(5).collect();
        assert!(missed.is_empty() && more.is_empty(), "missed {missed:?}, false {more:?}");
        // Those of a night are told on both of its days.
        assert_eq!(known.len(), DifferenceKind::VARIANTS.len() * EACH + EACH);

        let count = |kind, state| {
            let of = known.values().filter(|known| known.value.kind == kind && known.value.state == state);
            of.count()
        };
        let healed = |kind| count(kind, DifferenceState::Healed);
        assert_eq!(healed(DifferenceKind::MissingLocal), EACH / 2, "the rest are of nobody's number");
        assert_eq!(healed(DifferenceKind::StateLag), EACH);
        assert_eq!(healed(DifferenceKind::MissingProvider), EACH / 2, "the provider knows nothing of the rest");
        assert_eq!(healed(DifferenceKind::DuplicatePaid), EACH / 2, "set aside; a second transaction is a person's");
        assert_eq!(healed(DifferenceKind::Timing), 2 * EACH);
        let frozen = known.values().filter_map(|known| known.value.freezes.clone()).collect::<Vec<_>>();
        assert_eq!(frozen.len(), EACH / 2);
        for payment in app.store().payments(frozen).await.expect("read") {
            assert!(payment.unguarded().value.is_frozen());
        }
        for no in planted.payments.keys() {
            let payment = app.store().payment(no).await.expect("read").map(Guarded::unguarded).expect("a payment");
            assert_eq!(payment.value.state, PaymentState::Succeeded);
        }

        let router = edge::start::router(app.clone(), reconciliation::routes());
        let open = known.values().filter(|known| known.value.is_open());
        for (turn, difference) in open.enumerate() {
            decide(&router, difference, turn).await;
        }
        let settled = differences(&app).await;
        assert!(settled.values().all(|known| !known.value.is_open()), "difference 0");

        let before = money(&world);
        forget_runs(&app).await;
        let again = run(&app, &planted).await;
        assert_eq!((again.failed, again.read, again.open), (0, 3, 0), "{:?}", again.worst);
        assert!(settled == differences(&app).await, "a second heal changes nothing");
        let after = money(&world);
        let changed = after.iter().find(|(place, item)| before.get(*place) != Some(*item));
        assert!(changed.is_none() && before.len() == after.len(), "{changed:?}");
    });
}
