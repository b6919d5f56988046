//! Races of bills: what they know and we do not, what we know and they do not, late and early, late and broken. Payments
//! reference §7.4: 16–18, and 19 with a bill beside a callback.

use std::cell::Cell;
use std::io::Write;
use std::time::Duration;

use bill_run::{Bill, Provider};
use cashier::{Carried, Cashier, CashierError, Settled};
use domain::access::Guarded;
use domain::directory::School;
use domain::id::{DifferenceId, PaymentNo, RefundNo};
use domain::journal::FactKind;
use domain::payment::{Channel, Payment, PaymentState, ProviderState};
use domain::reconciliation::difference::{Difference, DifferenceState};
use domain::reconciliation::run::{BillRun, RunState};
use domain::record::OrderState;
use domain::refund::RefundState;
use domain::refund::settle::RefundEvidence;
use gateway::channel::{ChannelError, Channels};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use simulator::wechat::Faults;
use testkit::stage::BILLS;
use testkit::town::SCHOOL;
use testkit::{START, World, simulate, simulate_from};

use crate::order::in_every_order;
use crate::scene::{FIRST, PRICE, REFUND, Scene, town};

const DAY: Date = date(2026, 9, 1);
const NEXT_DAY: Date = date(2026, 9, 2);

/// WeChat Pay with its own bills, of which those of one day are bent, and what it says of payments, if it lies.
struct Bent<'a> {
    channels: &'a Channels,
    bend: fn(&str) -> Option<String>,
    says: Option<ProviderState>,
}

impl Provider for Bent<'_> {
    async fn bill(
        &self,
        channel: Channel,
        day: Date,
        merchant: Option<&str>,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        let mut file = Vec::new();
        let told = self.channels.bill(channel, day, merchant, &mut file).await?;
        let bent = match std::str::from_utf8(&file) {
            Ok(text) if day == DAY && told == Bill::Written => (self.bend)(text).map(String::into_bytes),
            // Of another day, or of another provider, whose bills are packed.
            Ok(_) | Err(_) => Some(file),
        };
        let Some(bent) = bent else { return Ok(Bill::NotReady) };
        into.write_all(&bent).expect("room");
        Ok(told)
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
        match &self.says {
            Some(lie) => Ok(lie.clone()),
            None => self.channels.query(payment).await,
        }
    }

    async fn ask(&self, cashier: &Cashier<'_>, payment: &PaymentNo) -> Result<Option<Settled>, CashierError> {
        cashier.ask(self.channels, payment).await
    }

    async fn carry(&self, cashier: &Cashier<'_>, refund: &RefundNo, public_url: &str) -> Result<Carried, CashierError> {
        Box::pin(cashier.carry(self.channels, refund, public_url)).await
    }
}

/// A bill without the rows that name a number; what it states at its end says so, too.
fn without(bill: &str, number: &str) -> String {
    let cells = |line: &str| line.split(",`").map(|cell| cell.trim_start_matches('`').to_owned()).collect::<Vec<_>>();
    let lines: Vec<&str> = bill.split_terminator("\r\n").collect();
    let (names, stated) = (lines[lines.len() - 2], cells(lines[lines.len() - 1]));
    let (gone, kept): (Vec<&str>, Vec<&str>) = lines[1..lines.len() - 2].iter().partition(|line| line.contains(number));
    let fen =
        |yuan: &str| domain::Money::parse_yuan(yuan.trim_end_matches('0').trim_end_matches('.')).unwrap_or_default();
    let less = |at: usize, column: usize, places: usize| {
        let taken: i64 = gone.iter().map(|line| fen(&cells(line)[column]).fen()).sum();
        format!("{}{}", domain::Money::from_fen(fen(&stated[at]).fen() - taken), "0".repeat(places))
    };
    let count = format!("{}.0", kept.len());
    let sums =
        [count, less(1, 12, 0), less(2, 16, 0), "0.00".to_owned(), less(4, 22, 3), less(5, 24, 0), less(6, 25, 0)];
    let sums = sums.map(|cell| format!("`{cell}")).join(",");
    let rows = [&[lines[0]], &kept[..], &[names, &sums]].concat().join("\r\n");
    format!("{rows}\r\n")
}

/// The bill run has its turn, in an environment of its own.
async fn bill_runs(scene: &Scene) -> Value {
    bill_run::run_with_channels(&scene.stage.app()).await.expect("channels").json()
}

async fn bent_bill_runs(scene: &Scene, bend: fn(&str) -> Option<String>, says: Option<ProviderState>) -> Value {
    let app = scene.stage.app();
    let channels = app.channels().await.expect("channels");
    bill_run::run(&app, &Bent { channels, bend, says }).await.json()
}

async fn run_of(scene: &Scene, day: Date) -> BillRun {
    let found = scene.app.store().bill_runs([(Channel::Wechat, None, day)]).await.expect("read");
    found.into_values().next().map_or_else(|| BillRun::new(Channel::Wechat, day, None), |run| run.value)
}

async fn difference(scene: &Scene, day: Date, kind: &str, number: &str) -> Option<Difference> {
    let id: DifferenceId = format!("{SCHOOL}.{day}.{kind}.{number}").parse().expect("a difference");
    let found = scene.app.store().difference(&id).await.expect("read");
    found.map(|found| Guarded::unguarded(found).value)
}

/// Differences that nobody and nothing has settled.
fn open_differences(scene: &Scene) -> Vec<Difference> {
    let all: Vec<Difference> = scene.all("money", "difference");
    all.into_iter().filter(|one| one.state == DifferenceState::Open).collect()
}

/// Eleven o'clock of the next morning: the bill can be had.
async fn next_morning(scene: &Scene) {
    scene.later(27 * 60).await;
}

async fn scene_of(world: &World) -> Scene {
    let scene = Scene::new(world, &town()).await;
    scene.paying().await;
    assert!(scene.pays(FIRST));
    scene
}

#[test]
fn p4_race_16_the_bill_says_paid_and_we_do_not_it_is_asked_for_and_applied() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                scene.paying().await;
                scene.time_is_over().await;
                assert!(scene.pays_late(FIRST), "closed here and there, and paid after all");
                next_morning(scene).await;
            })
        },
        &[
            |scene| Box::pin(async { assert_eq!(bill_runs(scene).await["failed"], 0) }),
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_asked(FIRST)),
        ],
        |scene| {
            Box::pin(async {
                assert_eq!((scene.order().state, scene.posted(FactKind::Pay)), (OrderState::Paid, 1));
                assert!(open_differences(scene).is_empty());
                scene.later(24 * 60).await;
                assert_eq!(bill_runs(scene).await["open"], 0, "read once more, nothing is found");
            })
        },
    );
}

#[test]
fn p4_race_16_we_say_paid_and_the_bill_does_not_the_provider_is_asked_before_anybody_is_alarmed() {
    simulate(1, async |world| {
        let scene = scene_of(&world).await;
        scene.post().await;
        next_morning(&scene).await;
        let told = bent_bill_runs(&scene, |bill| Some(without(bill, FIRST)), None).await;
        assert_eq!((&told["failed"], &told["open"]), (&json!(0), &json!(0)), "{told}");
        let missing = difference(&scene, DAY, "missing_provider", FIRST).await.expect("a difference");
        assert_eq!((missing.state, missing.ours.map(domain::Money::fen)), (DifferenceState::Healed, Some(PRICE)));
        scene.rest().await;
        scene.sound();
    });
}

#[test]
fn p4_race_16_we_say_paid_and_neither_bill_nor_provider_does_a_person_decides_and_nothing_is_undone() {
    simulate(1, async |world| {
        let scene = scene_of(&world).await;
        scene.post().await;
        next_morning(&scene).await;
        let told = bent_bill_runs(&scene, |bill| Some(without(bill, FIRST)), Some(ProviderState::Unpaid)).await;
        assert_eq!((&told["failed"], &told["open"]), (&json!(0), &json!(1)), "{told}");
        assert_eq!(
            (scene.order().state, scene.payment(FIRST).await.state),
            (OrderState::Paid, PaymentState::Succeeded)
        );
        assert_eq!((scene.posted(FactKind::Pay), scene.seated("K1").len()), (1, 1));
        scene.sound();
    });
}

#[test]
fn p4_race_16_an_amount_that_differs_waits_for_a_person() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.paying().await;
        scene.stage.provider().pay_amount(FIRST, 1, world.now()).expect("paid");
        scene.post().await;
        next_morning(&scene).await;
        let told = bill_runs(&scene).await;
        assert_eq!((&told["failed"], &told["open"]), (&json!(0), &json!(1)), "{told}");
        let amount = difference(&scene, DAY, "amount_mismatch", FIRST).await.expect("a difference");
        assert_eq!((amount.state, amount.theirs.map(domain::Money::fen)), (DifferenceState::Open, Some(1)));
        assert_eq!(scene.journal().len(), 0, "nothing of it is booked");
        scene.sound();
    });
}

#[test]
fn p4_race_16_a_refund_made_in_the_merchants_console_is_found_in_the_bill() {
    simulate(1, async |world| {
        let scene = scene_of(&world).await;
        scene.post().await;
        let number = scene.stage.provider().refund_in_console(FIRST, 5_000, world.now()).expect("gone back");
        next_morning(&scene).await;
        let told = bill_runs(&scene).await;
        assert_eq!((&told["failed"], &told["open"]), (&json!(0), &json!(1)), "{told}");
        let external = difference(&scene, DAY, "refund_external", &number).await.expect("a difference");
        assert_eq!((external.state, external.theirs.map(domain::Money::fen)), (DifferenceState::Open, Some(5_000)));
        assert_eq!((scene.refunds().len(), scene.journal().len()), (0, 1), "whose lines it was of, a person says");
        scene.sound();
    });
}

#[test]
fn p4_race_16_a_payment_under_a_number_nobody_knows_is_found_in_the_bill() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        world.keep_requests();
        scene.paid().await;
        let requests = world.requests();
        let sent = requests.iter().find(|sent| sent.uri.contains("/transactions/native")).expect("a create was sent");
        let mut body: Value = serde_json::from_slice(&sent.body).expect("JSON");
        body["out_trade_no"] = json!("SHOP-000001");
        assert!(scene.create_arrives(&body) && scene.pays("SHOP-000001"), "another system of the same merchant");
        assert_eq!(scene.post().await, [200]);
        assert_eq!(scene.kept().1, ["payment/foreign"]);
        next_morning(&scene).await;
        let told = bill_runs(&scene).await;
        assert_eq!((&told["failed"], &told["open"]), (&json!(0), &json!(1)), "{told}");
        let unknown = difference(&scene, DAY, "missing_local", "SHOP-000001").await.expect("a difference");
        assert_eq!((unknown.state, unknown.ours), (DifferenceState::Open, None));
        scene.sound();
    });
}

/// Ten minutes before midnight.
fn before_midnight() -> jiff::Timestamp {
    START + Duration::from_mins(15 * 60 + 50)
}

#[test]
fn p4_race_17_a_payment_before_midnight_that_is_heard_of_after_it_is_of_the_day_before() {
    simulate_from(1, before_midnight(), async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.paying().await;
        world.advance(Duration::from_secs(9 * 60 + 58)).await;
        assert!(scene.pays(FIRST));
        world.advance(Duration::from_secs(15)).await;
        assert_eq!((scene.stage.now().day(), scene.post().await), (NEXT_DAY, vec![200]));
        assert_eq!(scene.journal()[0].at.day(), DAY, "by the provider's clock");
        scene.later(35 * 60).await;
        assert_eq!(bill_runs(&scene).await["open"], 0);
        assert_eq!(run_of(&scene, DAY).await.totals.paid.fen(), PRICE);
        assert_eq!((run_of(&scene, DAY).await.differences, run_of(&scene, NEXT_DAY).await.differences), (0, 0));
        scene.rest().await;
        scene.sound();
    });
}

#[test]
fn p4_race_17_a_refund_taken_on_before_midnight_and_heard_of_after_it_alarms_nobody() {
    simulate_from(1, before_midnight(), async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.paid().await;
        assert_eq!(scene.withdraws("K1").await.status, 201);
        world.advance(Duration::from_secs(9 * 60 + 58)).await;
        scene.set_faults(Faults { answer_lost: 1, ..Faults::NONE });
        scene.pay_out().await;
        assert_eq!(scene.refund(REFUND).await.state, RefundState::Sent, "the outcome is not known");
        world.advance(Duration::from_secs(10)).await;
        assert_eq!((scene.stage.now().day(), scene.post().await), (NEXT_DAY, vec![200]));
        assert_eq!(scene.refund(REFUND).await.state, RefundState::Done);
        for _ in 0..3 {
            scene.later(24 * 60 - 13 * 60).await;
            bill_runs(&scene).await;
            scene.later(13 * 60).await;
            bill_runs(&scene).await;
        }
        assert_eq!(open_differences(&scene), []);
        scene.rest().await;
        scene.sound();
    });
}

#[test]
fn p4_race_18_a_bill_that_is_not_ready_is_asked_for_again_every_hour() {
    simulate(1, async |world| {
        let scene = scene_of(&world).await;
        scene.post().await;
        scene.later(26 * 60).await;
        bill_runs(&scene).await;
        assert_eq!(run_of(&scene, DAY).await.tries, 0, "at ten it is not its time yet");
        scene.later(60).await;
        for hour in 0..8 {
            let told = bent_bill_runs(&scene, |_| None, None).await;
            assert_eq!(told["overdue"], i32::from(hour >= 7), "somebody is told from six in the evening on: {told}");
            assert_eq!(run_of(&scene, DAY).await.state, RunState::Waiting);
            scene.later(60).await;
        }
        assert_eq!(bill_runs(&scene).await["open"], 0);
        assert_eq!(run_of(&scene, DAY).await.state, RunState::Matched);
        scene.sound();
    });
}

#[test]
fn p4_race_18_a_day_without_trade_has_no_bill_and_needs_none() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.ordered().await;
        next_morning(&scene).await;
        let told = bill_runs(&scene).await;
        assert_eq!((&told["failed"], &told["overdue"], &told["open"]), (&json!(0), &json!(0), &json!(0)), "{told}");
        assert_eq!((run_of(&scene, DAY).await.state, world.objects(BILLS).len()), (RunState::NoTrade, 0));
    });
}

#[test]
fn p4_race_18_a_bill_with_another_hash_is_not_believed() {
    simulate(1, async |world| {
        let scene = scene_of(&world).await;
        scene.post().await;
        next_morning(&scene).await;
        scene.set_faults(Faults { cut_bill: 1, ..Faults::NONE });
        let told = bill_runs(&scene).await;
        // Thirty days of two providers: yesterday's of Alipay is not there before noon.
        assert_eq!((&told["failed"], &told["read"]), (&json!(1), &json!(58)), "the others are read: {told}");
        assert_eq!((run_of(&scene, DAY).await.state, open_differences(&scene)), (RunState::Waiting, vec![]));
        scene.later(60).await;
        assert_eq!(bill_runs(&scene).await["failed"], 0);
        assert_eq!(run_of(&scene, DAY).await.state, RunState::Matched);
        scene.sound();
    });
}

/// The columns in another order and fewer of them, as older merchants get them.
fn old_layout(bill: &str) -> String {
    const LATER: [&str; 5] = ["订单金额", "申请退款金额", "费率备注", "订单总金额", "申请退款总金额"];
    let turned = |part: &[&str]| {
        let names: Vec<&str> = part[0].split(',').collect();
        let mut places: Vec<usize> = (0..names.len()).filter(|at| !LATER.contains(&names[*at])).collect();
        // What comes first stays so: the time, and the count of rows.
        places[1..].reverse();
        let cells = |line: &&str| {
            let cells: Vec<&str> = line.split(',').collect();
            let kept: Vec<&str> = places.iter().map(|at| cells[*at]).collect();
            kept.join(",") + "\r\n"
        };
        part.iter().map(cells).collect::<String>()
    };
    let lines: Vec<&str> = bill.trim_start_matches('\u{feff}').split_terminator("\r\n").collect();
    let (rows, summary) = lines.split_at(lines.len() - 2);
    format!("\u{feff}{}{}", turned(rows), turned(summary))
}

#[test]
fn p4_race_18_an_old_layout_is_read_by_the_names_of_its_columns() {
    simulate(1, async |world| {
        let scene = scene_of(&world).await;
        next_morning(&scene).await;
        let told = bent_bill_runs(&scene, |bill| Some(old_layout(bill)), None).await;
        assert_eq!((&told["failed"], &told["open"]), (&json!(0), &json!(0)), "{told}");
        assert_eq!(run_of(&scene, DAY).await.totals.paid.fen(), PRICE);
        assert_eq!((scene.order().state, scene.posted(FactKind::Pay)), (OrderState::Paid, 1), "healed by it");
        scene.rest().await;
        scene.sound();
    });
}

#[test]
fn p4_race_19_a_bill_heals_beside_a_callback_and_the_sweeper() {
    for seed in 1..=8 {
        simulate(seed, async |world| {
            let scene = scene_of(&world).await;
            next_morning(&scene).await;
            world.set_faults(testkit::Faults::latency(40));
            let failed = Cell::new(0);
            let bill = async { failed.set(bill_runs(&scene).await["failed"].as_i64().unwrap_or_default()) };
            futures::join!(bill, scene.sweep(), async { drop(scene.post().await) });
            world.set_faults(testkit::Faults::none());
            scene.rest().await;
            if failed.get() > 0 {
                scene.later(60).await;
                assert_eq!(bill_runs(&scene).await["failed"], 0, "the next hour does it");
            }
            assert_eq!((scene.order().state, scene.posted(FactKind::Pay)), (OrderState::Paid, 1));
            assert_eq!(open_differences(&scene), []);
            scene.sound();
        });
    }
}
