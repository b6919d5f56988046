//! The register follows the records, whatever happens to the orders. S32 S35.1.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "a test stops at the unexpected")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use cashier::Cashier;
use domain::Money;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{OrderNo, PaymentNo, StudentId, TermCode};
use domain::record::TermRecord;
use domain::refund::reserve::{Wanted, reserve};
use domain::refund::rules::Payout;
use domain::refund::{Part, RefundReason};
use domain::register::{Beside, Place, Row};
use domain::task::{Queue, Task};
use edge::App;
use serde_json::json;
use store::register::Stretch;
use store::{Commit, Versioned};
use testkit::stage::{Stage, Who, event, send};
use testkit::town::{SCHOOL, TERM, Town, id};
use testkit::{Faults, World, simulate};

const PUPILS: usize = 4;

/// A town in which things happen.
struct Ground {
    world: World,
    stage: Stage,
    app: App,
    /// How often in ten thousand a call of the platform fails.
    often: Cell<u16>,
}

impl Ground {
    async fn new(world: &World) -> Self {
        let mut town = Town::small(PUPILS);
        for offering in &mut town.offerings {
            offering.capacity = 30;
        }
        let stage = Stage::with(world, &town).await;
        Self { world: world.clone(), app: stage.app(), stage, often: Cell::default() }
    }

    /// Lets the platform work while calls fail; what the test itself reads goes through.
    async fn shaken<T>(&self, work: impl Future<Output = T>) -> T {
        self.world.set_faults(Faults { connection_error: self.often.get(), ..Faults::none() });
        let done = work.await;
        self.world.set_faults(Faults::none());
        done
    }

    fn any(&self, below: u64) -> u64 {
        self.world.random() % below
    }

    fn student(&self) -> StudentId {
        id(&format!("S{:09}", self.any(u64::try_from(PUPILS).expect("a few"))))
    }

    async fn ask(&self, student: &StudentId, path: &str, body: Option<serde_json::Value>) {
        let family: usize = student.as_str().get(1..).and_then(|number| number.parse().ok()).expect("a number");
        let who = Who::Guardian(format!("G{:09}", family / 2));
        let key = self.world.random().to_string();
        let body = body.map(|body| body.to_string());
        let sent = event("POST", path, &who, &[("Idempotency-Key", &key)], body.as_deref());
        let routes = if path == "/enrollments" { enrollment::routes() } else { order::routes() };
        // Refused or not: what is refused changes nothing.
        drop(self.shaken(send(&edge::start::router(self.stage.app(), routes), &sent)).await);
    }

    async fn record(&self, student: &StudentId) -> Option<Versioned<TermRecord>> {
        self.app.store().record(student, &id(TERM)).await.expect("read").map(Guarded::unguarded)
    }

    async fn some_order(&self, student: &StudentId) -> Option<OrderNo> {
        let orders = self.record(student).await?.value.orders;
        let at = usize::try_from(self.any(u64::try_from(orders.len().max(1)).expect("a few"))).expect("small");
        orders.get(at).map(|order| order.no.clone())
    }

    /// One of the things that happen to orders.
    async fn move_on(&self) {
        let student = self.student();
        match self.any(9) {
            0 | 1 => {
                let course = self.any(6) + 1;
                let choices = json!([{"offering_id": format!("{SCHOOL}.{TERM}.K{course}")}]);
                let body = json!({"student_id": student, "term": TERM, "choices": choices});
                self.ask(&student, "/enrollments", Some(body)).await;
            }
            2 => {
                let Some(no) = self.some_order(&student).await else { return };
                let body = json!({"channel": "wechat", "method": "native"});
                self.ask(&student, &format!("/orders/{no}/payments"), Some(body)).await;
            }
            3 => Box::pin(self.pay(&student)).await,
            4 => {
                let Some(no) = self.some_order(&student).await else { return };
                self.ask(&student, &format!("/orders/{no}/cancel"), None).await;
            }
            5 => {
                let Some(no) = self.some_order(&student).await else { return };
                let cashier = Cashier::new(self.app.store(), self.app.ambient(), Actor::system("test"));
                let channels = self.app.channels().await.expect("channels");
                drop(Box::pin(self.shaken(cashier.end_order(channels, &no))).await);
            }
            6 => self.refund(&student).await,
            7 => self.world.advance(Duration::from_secs(self.any(1200))).await,
            _ => Box::pin(self.archive(&student)).await,
        }
    }

    async fn pay(&self, student: &StudentId) {
        let Some(no) = self.some_order(student).await else { return };
        let payment = PaymentNo::new(&no, 1);
        let now = self.world.now();
        if self.stage.provider().pay(payment.as_str(), now).is_ok() {
            let cashier = Cashier::new(self.app.store(), self.app.ambient(), Actor::system("test"));
            let channels = self.app.channels().await.expect("channels");
            drop(Box::pin(self.shaken(cashier.ask(channels, &payment))).await);
        }
    }

    /// Sets some of a paid order's money aside, as a refund does, with the task that tells the register.
    async fn refund(&self, student: &StudentId) {
        let Some(record) = self.record(student).await else { return };
        let paid = record.value.orders.iter().find_map(|order| Some((order.paid.as_ref()?.0.clone(), order)));
        let Some((no, order)) = paid else { return };
        let found = self.app.store().payment(&no).await.expect("read").map(Guarded::unguarded);
        let mut payment = found.expect("a payment");
        let Some(line) = order.lines.first() else { return };
        let amount = Money::from_fen(100);
        let parts = vec![Part { course: line.course.clone(), lessons: 0, amount }];
        let wanted = Wanted {
            amount,
            parts,
            lines: Vec::new(),
            payout: Payout::Original,
            reason: RefundReason::Agreed,
            retry_of: None,
            request: None,
            payer: None,
        };
        let Ok(refund) = reserve(&mut payment.value, None, wanted, self.stage.now()) else { return };
        let mut commit = Commit::new(Actor::system("test"), "test.refund", self.stage.now());
        commit.save_payment(&payment).expect("a payment");
        commit.save_refund(&Versioned::absent(refund)).expect("a refund");
        commit.task(Task::new(Queue::Archive, no.as_str(), payment.ver + 1, self.stage.now())).expect("a task");
        self.app.store().commit(commit).await.expect("written");
    }

    /// What the sweeper wakes the archive for, of one pupil; failing is allowed while the network does.
    async fn archive(&self, student: &StudentId) {
        drop(Box::pin(self.shaken(archive::look(self.stage.app(), format!("{student}/{TERM}")))).await);
    }

    /// Everything that is due is done.
    async fn settle(&self) {
        let later = self.stage.now().plus_minutes(24 * 60);
        for task in self.app.store().due_tasks(later, 100).await.expect("read") {
            if task.queue == Queue::Archive {
                archive::look(self.stage.app(), task.entity).await.expect("archived");
            }
        }
        for (student, term) in self.app.store().due_records(later, 100).await.expect("read") {
            archive::look(self.stage.app(), format!("{student}/{term}")).await.expect("archived");
        }
    }

    async fn rows(&self) -> Vec<Row> {
        let (school, term) = (id(SCHOOL), id::<TermCode>(TERM));
        let stretch = Stretch { school: &school, term: &term, placed: None };
        let (mut rows, mut next) = (Vec::new(), None);
        loop {
            let page = self.app.store().rows(stretch, next.as_ref(), 3).await.expect("read");
            rows.extend(page.rows.into_iter().map(|row| row.unguarded().value));
            next = page.next;
            if next.is_none() {
                return rows;
            }
        }
    }

    /// What the register must say.
    async fn wanted(&self) -> Vec<Row> {
        let place = Place { homeroom: id("3144200101.2024.01"), grade: 3 };
        let mut rows = Vec::new();
        for pupil in 0..PUPILS {
            let Some(record) = self.record(&id(&format!("S{pupil:09}"))).await else { continue };
            for order in &record.value.orders {
                let mut payment = None;
                let mut refunds = Vec::new();
                if let Some((no, _)) = &order.paid {
                    payment = self.app.store().payment(no).await.expect("read").map(|found| found.unguarded().value);
                    let found = self.app.store().refunds(no).await.expect("read");
                    refunds = found.into_iter().map(Guarded::unguarded).collect();
                }
                let refunds: Vec<_> = refunds.into_iter().map(|found| found.value).collect();
                let beside = Beside { place: Some(&place), payment: payment.as_ref(), refunds: &refunds };
                rows.push(Row::of(&record.value, order, beside).expect("a row"));
            }
        }
        rows.sort_by(|one, other| (other.placed_at, &other.no).cmp(&(one.placed_at, &one.no)));
        rows
    }
}

#[test]
fn s32_1_s35_1_after_any_sequence_of_events_each_row_is_what_its_record_says() {
    let mut seen = BTreeSet::new();
    for seed in 0..25 {
        let states = simulate(seed, async |world| {
            let ground = Ground::new(&world).await;
            for step in 0..60 {
                // Now and then calls fail before or after they act.
                let often = if step % 10 > 7 { 200 } else { 0 };
                ground.often.set(often);
                Box::pin(ground.move_on()).await;
            }
            ground.settle().await;
            let rows = ground.rows().await;
            assert_eq!(rows, ground.wanted().await, "seed {seed}");
            ground.settle().await;
            assert_eq!(rows, ground.rows().await, "what is right stays as it is");
            rows.iter().map(|row| row.state.to_string()).collect::<BTreeSet<_>>()
        });
        seen.extend(states);
    }
    assert!(seen.len() > 2, "the worlds were lively enough: {seen:?}");
}

#[test]
fn s32_1_a_pupil_who_moves_leaves_the_rows_where_they_were() {
    simulate(1, async |world| {
        let ground = Ground::new(&world).await;
        let student: StudentId = id("S000000000");
        let choices = json!([{"offering_id": format!("{SCHOOL}.{TERM}.K1")}]);
        let body = json!({"student_id": student, "term": TERM, "choices": choices});
        ground.ask(&student, "/enrollments", Some(body)).await;
        Box::pin(ground.archive(&student)).await;
        let found = ground.app.store().open_student(&student).await.expect("read").map(Guarded::unguarded);
        let mut pupil = found.expect("a pupil");
        pupil.value.pupil.homeroom = id("3144200101.2024.02");
        pupil.value.pupil.grade = 4;
        let mut commit = Commit::new(Actor::system("test"), "test.move", ground.stage.now());
        commit.save_student(&pupil).expect("a pupil");
        ground.app.store().commit(commit).await.expect("written");
        let no = ground.some_order(&student).await.expect("an order");
        ground.ask(&student, &format!("/orders/{no}/cancel"), None).await;
        ground.settle().await;
        let rows = ground.rows().await;
        let place = rows.first().and_then(|row| row.place.clone()).expect("a place");
        assert_eq!((place.homeroom.as_str(), place.grade), ("3144200101.2024.01", 3));
        assert_eq!(rows.first().map(|row| row.state.to_string()), Some("cancelled".to_owned()));
    });
}
