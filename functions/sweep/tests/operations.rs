//! The sweep: whatever was left undone is brought to its end. P6.3, promises P1 P6 P8.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::directory::Merchants;
use domain::extension::{Wanted, extend};
use domain::id::{ClassId, LessonId, OfferingId, PaymentNo, StudentId};
use domain::payment::{Payment, PaymentState};
use domain::record::{Order, OrderState};
use domain::seat::Stamp;
use domain::task::Queue;
use domain::teaching::roll::{Call, Roll};
use edge::App;
use serde_json::{Value, json};
use simulator::wechat::Faults;
use store::seat::{Claim, Ledger};
use store::{Commit, Versioned};
use testkit::stage::{ARCHIVE_QUEUE, Answered, PREFIX, Stage, Who, event, send};
use testkit::town::{TERM, Town, id};
use testkit::{World, plain, simulate, table_name};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/sweep");

const FIRST: &str = "20261-S000000000-01-1";

struct Ground {
    stage: Stage,
    app: App,
    enrollment: Router,
    orders: Router,
}

impl Ground {
    async fn new(world: &World, town: &Town) -> Self {
        let stage = Stage::with(world, town).await;
        Self {
            app: stage.app(),
            enrollment: edge::start::router(stage.app(), enrollment::routes()),
            orders: edge::start::router(stage.app(), order::routes()),
            stage,
        }
    }

    async fn enroll(&self, student: &str, guardian: &str) -> Answered {
        let choices = json!([{"offering_id": format!("3144200101.{TERM}.K1")}]);
        let body = json!({"student_id": student, "term": TERM, "choices": choices}).to_string();
        let who = Who::Guardian(guardian.to_owned());
        send(&self.enrollment, &event("POST", "/enrollments", &who, &[("Idempotency-Key", student)], Some(&body))).await
    }

    async fn ordered(&self) {
        assert_eq!(self.enroll("S000000000", "G000000000").await.status, 201);
    }

    async fn begin(&self) -> u16 {
        let body = json!({"channel": "wechat", "method": "native"}).to_string();
        let who = Who::Guardian("G000000000".to_owned());
        let path = "/orders/20261-S000000000-01/payments";
        send(&self.orders, &event("POST", path, &who, &[("Idempotency-Key", "p")], Some(&body))).await.status.as_u16()
    }

    fn pay(&self) {
        let now = self.stage.world.now();
        self.stage.provider().pay(FIRST, now).expect("paid");
    }

    async fn later(&self, seconds: u64) {
        self.stage.world.advance(Duration::from_secs(seconds)).await;
    }

    /// One round, in an environment of its own.
    async fn sweep(&self) -> Value {
        sweep::sweep(self.stage.app()).await.json()
    }

    async fn order(&self) -> Order {
        let record = self.app.store().record(&id("S000000000"), &id(TERM)).await.expect("read").map(Guarded::unguarded);
        record.expect("a record").value.orders[0].clone()
    }

    async fn payment(&self) -> Payment {
        self.app
            .store()
            .payment(&id::<PaymentNo>(FIRST))
            .await
            .expect("read")
            .map(Guarded::unguarded)
            .expect("a payment")
            .value
    }

    async fn ledger(&self) -> Ledger {
        self.app.store().ledger(&offering(), 0, true).await.expect("read").expect("a ledger")
    }

    fn woken(&self, entity: &str) -> Vec<i64> {
        let sent = self.stage.world.sent(ARCHIVE_QUEUE);
        let start = testkit::START.as_second();
        sent.iter().filter(|message| message.body == entity).map(|message| message.sent.as_second() - start).collect()
    }
}

fn offering() -> OfferingId {
    id(&format!("3144200101.{TERM}.K1"))
}

fn one_seat() -> Town {
    let mut town = Town::small(4);
    town.offerings[0].capacity = 1;
    town
}

#[test]
fn p6_3_a_hold_that_runs_out_frees_its_seat_and_clears_the_board() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &one_seat()).await;
        ground.ordered().await;
        ground.later(14 * 60 + 59).await;
        ground.sweep().await;
        assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Pending, 1));
        assert_eq!(ground.enroll("S000000002", "G000000001").await.slug(), "enrollment/class-full");
        ground.later(1).await;
        let swept = ground.sweep().await;
        assert_eq!(swept["records"], json!({"seen": 1, "failed": 0}));
        assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Expired, 0));
        ground.later(1).await;
        assert_eq!(ground.enroll("S000000002", "G000000001").await.status, 201, "the board says so too");
    });
}

#[test]
fn p6_3_an_open_attempt_is_closed_at_the_provider_before_the_seat_is_free() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &one_seat()).await;
        ground.ordered().await;
        assert_eq!(ground.begin().await, 201);
        ground.later(15 * 60).await;
        ground.stage.provider().set_faults(Faults { busy: 20, ..Faults::NONE });
        let swept = ground.sweep().await;
        assert_eq!(swept["records"], json!({"seen": 1, "failed": 1}));
        assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Closing, 1));
        ground.stage.provider().set_faults(Faults::NONE);
        ground.later(60).await;
        ground.sweep().await;
        assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Expired, 0));
        assert_eq!(ground.payment().await.state, PaymentState::Closed);
        let now = world.now();
        assert!(ground.stage.provider().pay(FIRST, now).is_err());
    });
}

#[test]
fn p6_3_while_a_password_is_entered_the_seat_stays() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &one_seat()).await;
        ground.ordered().await;
        assert_eq!(ground.begin().await, 201);
        ground.later(13 * 60).await;
        let until = world.now() + jiff::SignedDuration::from_secs(150);
        ground.stage.provider().enter_password(FIRST, until).expect("a payment");
        ground.later(2 * 60).await;
        ground.sweep().await;
        assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Closing, 1));
        ground.later(60).await;
        ground.sweep().await;
        assert_eq!(ground.order().await.state, OrderState::Expired);
    });
}

#[test]
fn p6_3_what_the_provider_was_paid_for_is_paid_though_no_callback_came() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &one_seat()).await;
        ground.ordered().await;
        assert_eq!(ground.begin().await, 201);
        ground.pay();
        ground.later(60).await;
        let swept = ground.sweep().await;
        assert_eq!(swept["payments"], json!({"seen": 1, "failed": 0}));
        assert_eq!(ground.order().await.state, OrderState::Paid);
        assert_eq!(ground.ledger().await.seats["S000000000"], Stamp::CONFIRMED);
        assert_eq!(ground.woken(FIRST).len(), 1);
    });
}

#[test]
fn p6_3_paid_in_the_last_moment_is_paid() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &one_seat()).await;
        ground.ordered().await;
        assert_eq!(ground.begin().await, 201);
        ground.later(13 * 60 + 59).await;
        ground.pay();
        ground.later(61).await;
        ground.sweep().await;
        assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Paid, 1));
        assert!(ground.payment().await.paid.is_some_and(|paid| paid.counted));
    });
}

#[test]
fn p6_3_a_provider_that_knows_nothing_is_believed_once_no_create_can_be_on_its_way() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &one_seat()).await;
        ground.ordered().await;
        ground.stage.provider().set_faults(Faults { busy: 1, ..Faults::NONE });
        assert_eq!(ground.begin().await, 503);
        assert!(ground.stage.provider().payments().is_empty(), "the create never arrived");
        // The deadline, and two minutes more: the last moment of paying was 14 minutes after the order.
        for minute in [15, 16, 17] {
            let passed = ground.stage.now().seconds() - testkit::START.as_second();
            ground.later(u64::try_from(minute * 60 - passed).expect("forward")).await;
            ground.sweep().await;
            assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Closing, 1), "{minute}");
        }
        ground.later(60).await;
        ground.sweep().await;
        assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Expired, 0));
        assert_eq!(ground.payment().await.state, PaymentState::Closed);
    });
}

/// R6: only the provider's word frees a seat. That it refuses to speak is no word, and shows in every round.
#[test]
fn p6_3_a_provider_that_refuses_to_speak_of_a_payment_frees_the_seat_when_no_create_can_be_under_way() {
    let mut town = one_seat();
    town.school.merchants = Merchants::wechat("1900");
    simulate(1, async |world| {
        let ground = Ground::new(&world, &town).await;
        ground.ordered().await;
        assert_eq!(ground.begin().await, 409);
        ground.later(15 * 60).await;
        ground.sweep().await;
        assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Closing, 1));
        ground.later(3 * 60).await;
        ground.sweep().await;
        assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Expired, 0));
    });
}

#[test]
fn p1_a_claim_that_no_record_knows_is_released_when_its_stamp_has_run_out() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &one_seat()).await;
        let pupil: StudentId = id("S000000000");
        let stamp = Stamp::claim(ground.stage.now().plus_minutes(15), 1);
        let claim = ground.app.store().claim(&offering(), 1, &pupil, stamp).await.expect("claimed");
        assert!(matches!(claim, Claim::Won { fresh: true, .. }));
        ground.later(14 * 60).await;
        ground.sweep().await;
        assert_eq!(ground.ledger().await.taken, 1, "the request may still be under way");
        ground.later(60).await;
        let swept = ground.sweep().await;
        assert_eq!(swept["ledgers"], json!({"seen": 1, "failed": 0}));
        assert_eq!(ground.ledger().await.taken, 0);
        ground.later(60).await;
        ground.sweep().await;
        let due = ground.app.store().due_ledgers(ground.stage.now().plus_minutes(600), 10).await.expect("read");
        assert!(due.is_empty(), "and nobody looks at it again");
        assert_eq!(ground.enroll("S000000002", "G000000001").await.status, 201);
    });
}

#[test]
fn p1_a_paid_seat_that_was_not_confirmed_is_confirmed() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &one_seat()).await;
        ground.ordered().await;
        let claimed = ground.order().await.lines[0].seat.stamp;
        assert_eq!(ground.begin().await, 201);
        ground.pay();
        ground.later(60).await;
        ground.sweep().await;
        // As if the write that confirms had been lost.
        let place = format!("OFFERING#{}", offering());
        let mut item = world.peek("test-seats", &place, "LEDGER#00").expect("a ledger");
        let seats = [("S000000000".to_owned(), AttributeValue::N(claimed.number().to_string()))].into();
        item.insert("m".to_owned(), AttributeValue::M(seats));
        item.insert("due".to_owned(), AttributeValue::N(ground.order().await.deadline.seconds().to_string()));
        item.insert("due_shard".to_owned(), AttributeValue::S("00".to_owned()));
        world.plant("test-seats", item);
        ground.later(15 * 60).await;
        ground.sweep().await;
        assert_eq!(ground.ledger().await.seats["S000000000"], Stamp::CONFIRMED);
        assert_eq!(ground.ledger().await.taken, 1);
    });
}

#[test]
fn p6_tasks_are_sent_again_with_growing_intervals() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &one_seat()).await;
        ground.ordered().await;
        assert_eq!(ground.begin().await, 201);
        ground.pay();
        for _ in 0..150 {
            ground.later(60).await;
            ground.sweep().await;
        }
        let minutes: Vec<i64> = ground.woken(FIRST).iter().map(|second| second / 60).collect();
        // First when it is written, then after a minute, and after 1, 2, 4, … minutes more.
        assert_eq!(minutes, [1, 2, 3, 5, 9, 17, 33, 65, 125]);
        let task = ground.app.store().task(Queue::Archive, FIRST).await.expect("read").expect("it waits");
        assert_eq!(task.attempts, 8);
    });
}

#[test]
fn p6_3_one_that_cannot_be_ended_does_not_hold_up_the_others() {
    simulate(1, async |world| {
        let mut town = Town::small(4);
        town.offerings[0].capacity = 2;
        let ground = Ground::new(&world, &town).await;
        ground.ordered().await;
        assert_eq!(ground.begin().await, 201);
        assert_eq!(ground.enroll("S000000002", "G000000001").await.status, 201);
        ground.later(15 * 60).await;
        ground.stage.provider().set_faults(Faults { busy: 50, ..Faults::NONE });
        let swept = ground.sweep().await;
        assert_eq!(swept["records"], json!({"seen": 2, "failed": 1}));
        let seats: Vec<_> = ground.ledger().await.seats.into_keys().collect();
        assert_eq!(seats, ["S000000000"], "the other order is ended");
    });
}

#[test]
fn k4_2_what_a_roll_carries_reaches_the_audit_after_ten_minutes() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &Town::small(4)).await;
        let class: ClassId = id(&format!("3144200101.{TERM}.K1.01"));
        let mut roll = Versioned::absent(Roll::new(&class, 1, (jiff::civil::date(2026, 9, 1), 1)));
        let call = Call { at: ground.app.now(), named: [].into(), only_named: false };
        roll.value.enter(&call, vec![id("S000000000")], &id("T000000001"), ground.app.now()).expect("entered");
        let actor = Actor::person("teacher", "T000000001");
        let mut commit = Commit::new(actor, "attendance.call_roll", ground.app.now());
        commit.carry_roll(&roll).expect("an item");
        ground.app.store().commit(commit).await.expect("written");
        let read = async || {
            let found = ground.app.store().roll(&LessonId::new(&class, 1)).await.expect("read");
            found.map(Guarded::unguarded).expect("a roll")
        };
        assert_eq!(ground.sweep().await["rolls"], json!({"seen": 0, "failed": 0}), "it is not due yet");
        ground.later(10 * 60).await;
        assert_eq!(ground.sweep().await["rolls"], json!({"seen": 1, "failed": 0}));
        let drained = read().await;
        assert_eq!((drained.ver, drained.value.trail.len()), (2, 0));
        let entries = world.scan(&table_name(PREFIX, "audit"));
        let of_rolls = |item: &Value| item["pk"].as_str().is_some_and(|pk| pk.contains("ROLLS#"));
        assert_eq!(entries.iter().map(plain).filter(of_rolls).count(), 2, "the call, and the drain");
        assert!(drained.value.untold_since.is_some(), "families are still to be told");
        ground.later(60 * 60).await;
        assert_eq!(ground.sweep().await["rolls"], json!({"seen": 1, "failed": 0}), "until they are");
        assert_eq!(read().await.ver, 2, "and it is not written in circles");
        let woken = world.sent("notice.fifo");
        assert!(woken.iter().all(|message| message.body == "3144200101.2026-2027-1.K1.01.001") && woken.len() == 2);
    });
}

#[test]
fn p6_3_every_tick_is_one_round_and_rounds_may_overlap() {
    let text = std::fs::read_to_string(format!("{EVENTS}/tick.json")).expect("a file of events/");
    let tick: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(tick["detail-type"], "Scheduled Event");
    assert_eq!(std::fs::read_dir(EVENTS).expect("a folder of events/").count(), 1, "one schedule, one sample");
    for seed in 0..5 {
        simulate(seed, async |world| {
            let ground = Ground::new(&world, &one_seat()).await;
            ground.ordered().await;
            assert_eq!(ground.begin().await, 201);
            ground.later(15 * 60).await;
            world.set_faults(testkit::Faults::latency(40));
            futures::future::join_all((0..4).map(|_| ground.sweep())).await;
            world.set_faults(testkit::Faults::none());
            ground.later(60).await;
            ground.sweep().await;
            assert_eq!((ground.order().await.state, ground.ledger().await.taken), (OrderState::Expired, 0));
        });
    }
}

/// Seats are held for a day, and families reminded two hours before it is over.
fn a_day_with_reminders() -> Town {
    let mut town = one_seat();
    town.term.hold_minutes = 24 * 60;
    town.term.remind_hours = Some(2);
    town
}

#[test]
fn s33_3_a_family_is_reminded_once_before_the_deadline() {
    simulate(1, async |world| {
        let ground = Ground::new(&world, &a_day_with_reminders()).await;
        ground.ordered().await;
        archive::look(ground.stage.app(), format!("S000000000/{TERM}")).await.expect("archived");
        ground.later(22 * 3600 - 1).await;
        assert_eq!(ground.sweep().await["records"]["seen"], 0, "until then it is not looked at");
        ground.later(1).await;
        assert_eq!(ground.sweep().await["records"], json!({"seen": 1, "failed": 0}));
        let reminder = ground.order().await.reminder.expect("a reminder");
        assert_eq!((reminder.times, reminder.at, reminder.by_itself), (1, ground.stage.now(), true));
        ground.later(60).await;
        assert_eq!(ground.sweep().await["records"]["seen"], 0, "once");
        assert_eq!(ground.order().await.reminder, Some(reminder));
        ground.later(2 * 3600).await;
        ground.sweep().await;
        assert_eq!(ground.order().await.state, OrderState::Expired, "and then its time is over");
    });
}

#[test]
fn s33_3_what_is_held_for_minutes_is_reminded_of_only_when_it_was_put_off() {
    simulate(1, async |world| {
        let mut town = a_day_with_reminders();
        town.term.hold_minutes = 15;
        let ground = Ground::new(&world, &town).await;
        ground.ordered().await;
        ground.later(14 * 60).await;
        ground.sweep().await;
        assert_eq!(ground.order().await.reminder, None);
        let found = ground.app.store().record(&id("S000000000"), &id(TERM)).await.expect("read");
        let mut record = found.map(Guarded::unguarded).expect("a record");
        let until = ground.stage.now().plus_minutes(2 * 24 * 60);
        let wanted = Wanted { until, reason: "支付通道升级".to_owned() };
        assert_eq!(extend(&mut record.value.orders[0], &wanted, ground.stage.now()), Ok(true));
        let mut commit = Commit::new(Actor::system("test"), "test.extend", ground.stage.now());
        commit.save_record(&record).expect("a record");
        ground.app.store().commit(commit).await.expect("written");
        ground.later(46 * 3600).await;
        ground.sweep().await;
        assert_eq!(ground.order().await.reminder.map(|reminder| reminder.times), Some(1));
    });
}
