//! The town in which an operation is asked for, and how somebody who may comes to where it begins.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use cashier::Cashier;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::refund::rules::Payout;
use domain::supervision::Received;
use edge::App;
use jiff::civil::date;
use report::Receiver;
use serde_json::{Value, json};
use simulator::wechat::Faults;
use store::import::Imported;
use store::{Commit, Versioned};
use testkit::class::{class_of, open_class, taught_by};
use testkit::stage::{Answered, Stage, Who, event, send};
use testkit::town::Town;
use utoipa_axum::router::OpenApiRouter;

use crate::bodies::{
    DIFFERENCE, FIRST, HOMEROOM, KEY, NEW, ORDER, PUPIL, SCHOOL, account, choices, correction, from_outside, homeroom,
    homerooms, native, of_a_day, provider, reveal, roll_call, room, september, september_days, specification, staff,
    told_course,
};

type Routes = fn() -> OpenApiRouter<App>;

/// A town, with what the operations ask for in it.
pub(crate) struct Place {
    pub(crate) stage: Stage,
    routers: BTreeMap<&'static str, Router>,
}

impl Place {
    pub(crate) fn new(stage: &Stage) -> Self {
        let all: [(&'static str, Routes); 21] = [
            ("identity", identity::routes),
            ("directory", directory::routes),
            ("privacy", privacy::routes),
            ("people", people::routes),
            ("school", school::routes),
            ("catalog", catalog::routes),
            ("enrollment", enrollment::routes),
            ("order", order::routes),
            ("refund", refund::routes),
            ("receipt", receipt::routes),
            ("register", register::routes),
            ("reconciliation", reconciliation::routes),
            ("settlement", settlement::routes),
            ("attendance", attendance::routes),
            ("lesson-hours", lesson_hours::routes),
            ("leave", leave::routes),
            ("teaching-class", teaching_class::routes),
            ("timetable", timetable::routes),
            ("exchange", exchange::routes),
            ("supervision", supervision::routes),
            ("intake", intake::routes),
        ];
        let router = |routes: Routes| edge::start::router(stage.app(), routes());
        let routers = all.into_iter().map(|(name, routes)| (name, router(routes))).collect();
        Self { stage: stage.clone(), routers }
    }

    pub(crate) async fn ask(
        &self,
        who: &Who,
        function: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answered {
        let body = body.map(|body| body.to_string());
        send(&self.routers[function], &event(method, path, who, headers, body.as_deref())).await
    }

    /// The same by somebody who may, to come to where an operation begins.
    pub(crate) async fn done(
        &self,
        who: &Who,
        function: &str,
        way: (&str, &str),
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Value {
        let answered = self.ask(who, function, way, headers, body).await;
        assert!(answered.status.is_success(), "{} {}: {}", way.0, way.1, answered.text);
        answered.json()
    }

    /// A difference between a bill and the school's books, and the statement of its day.
    pub(crate) async fn difference(&self) {
        let app = self.stage.app();
        let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
        let (difference, statement) = of_a_day(app.now());
        commit.save_difference(&Versioned::absent(difference)).expect("an item");
        commit.save_statement(&Versioned::absent(statement)).expect("an item");
        app.store().commit(commit).await.expect("written");
    }

    /// Money of the order went back in the provider's console, and the bill tells of it.
    pub(crate) async fn outside(&self) {
        self.paid().await;
        let app = self.stage.app();
        let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
        commit.save_difference(&Versioned::absent(from_outside(app.now()))).expect("an item");
        app.store().commit(commit).await.expect("written");
    }

    /// The city has refused a payment.
    pub(crate) async fn refused_record(&self) {
        let app = self.stage.app();
        let payment = "20261-S000000000-01-1";
        let holding = json!({"rs": [{
            "d": "payment", "id": payment, "l": 1,
            "at": {"school": SCHOOL, "term": "2026-2027-1", "day": "2026-09-01"},
            "p": {"c": "1004", "r": "金额与订单不一致", "t": app.now()},
        }]});
        let holding = serde_json::from_value(holding).expect("a holding");
        let thing = format!("payment/{payment}").parse().expect("a thing");
        let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
        commit.save_holding(&thing, &Versioned::absent(holding)).expect("an item");
        app.store().commit(commit).await.expect("written");
    }

    /// A month of comparing with the city was signed.
    pub(crate) async fn signed_month(&self) {
        let app = self.stage.app();
        let report = json!({
            "school": SCHOOL, "month": "2026-08", "body": "{}", "hash": "h", "signature": "s", "public_key": "k",
            "found": 0, "open": 0,
        });
        let report = serde_json::from_value(report).expect("a report");
        let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
        commit.keep_agreement_report(&report).expect("an item");
        app.store().commit(commit).await.expect("written");
    }

    /// The city has told of a course of the school, and not of what it names.
    pub(crate) async fn told(&self) {
        let app = self.stage.app();
        let course = told_course();
        let record = Received {
            inbound: course.inbound(),
            source_id: "3144200101.2026-2027-1.SF01".parse().expect("a name"),
            version: 1,
            changed_at: app.now(),
            body: Some(course),
        };
        let receiver = Receiver { store: app.store(), ambient: app.ambient(), actor: Actor::system("test") };
        receiver.take(&record).await.expect("taken");
    }

    /// The specification that the course names has come since.
    pub(crate) async fn knows_specification(&self) {
        let app = self.stage.app();
        let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
        commit.save_specification(&Versioned::absent(Imported::by_hand(specification()))).expect("an item");
        app.store().commit(commit).await.expect("written");
    }

    /// A difference that somebody would let go, waiting for another person.
    pub(crate) async fn waived(&self) {
        self.difference().await;
        let by = Who::Person("F000000009".to_owned(), format!("school_finance@school:{SCHOOL}"));
        let path = format!("/differences/{DIFFERENCE}/waive");
        self.done(&by, "reconciliation", ("POST", &path), &[FIRST], Some(json!({"reason": "已核对"}))).await;
    }

    pub(crate) async fn ordered(&self) {
        self.done(&guardian(), "enrollment", ("POST", "/enrollments"), &[KEY], Some(choices())).await;
    }

    /// The same pupil has another order that waits.
    pub(crate) async fn ordered_twice(&self) {
        self.ordered().await;
        let mut second = choices();
        second["choices"][0]["offering_id"] = json!("3144200101.2026-2027-1.K2");
        let key = ("Idempotency-Key", "k-second");
        self.done(&guardian(), "enrollment", ("POST", "/enrollments"), &[key], Some(second)).await;
    }

    pub(crate) async fn paying(&self) {
        self.ordered().await;
        let path = format!("/orders/{ORDER}/payments");
        self.done(&guardian(), "order", ("POST", &path), &[KEY], Some(native())).await;
    }

    /// The order is paid.
    pub(crate) async fn paid(&self) {
        self.paying().await;
        let now = self.stage.world.now();
        self.stage.provider().pay(&format!("{ORDER}-1"), now).expect("paid");
        let app = self.stage.app();
        let cashier = Cashier::new(app.store(), app.ambient(), Actor::system("test"));
        let no = format!("{ORDER}-1").parse().expect("a number");
        cashier.ask(app.channels().await.expect("channels"), &no).await.expect("asked");
    }

    /// The order is paid; the money fact that says so.
    pub(crate) async fn fact(&self) -> String {
        self.paid().await;
        let app = self.stage.app();
        let journal = app.store().journal_of(&SCHOOL.parse().expect("a school"), app.now().day()).await.expect("read");
        journal.into_iter().next().expect("a fact").fact
    }

    /// The order is paid, and the register says so.
    pub(crate) async fn listed(&self) {
        self.paid().await;
        let pupil = format!("{PUPIL}/2026-2027-1");
        Box::pin(archive::look(self.stage.app(), pupil)).await.expect("listed");
    }

    /// A class that the staff member who asks teaches, with the pupil in it, as long after its first lesson's beginning.
    pub(crate) async fn taught(&self, since: Duration) {
        let days = [date(2026, 9, 1), date(2026, 9, 2)];
        let class = taught_by(class_of(&Town::small(4), 0, &days, [0]), "A000000001");
        open_class(self.stage.app().store(), &class, self.stage.now()).await;
        // From eight in the morning to half past four.
        self.stage.world.advance(Duration::from_mins(510) + since).await;
    }

    /// The days of the class are locked.
    pub(crate) async fn locked(&self) {
        self.taught(Duration::from_hours(48)).await;
        let way = ("POST", "/schools/3144200101/terms/2026-2027-1/attendance-locks");
        let by = of("school_admin@school:3144200101");
        self.done(&by, "attendance", way, &[], Some(september_days())).await;
    }

    /// A call that came for a lesson that was locked; the lock is lifted again.
    pub(crate) async fn parked_call(&self) -> String {
        self.locked().await;
        let by = of("school_admin@school:3144200101");
        let way = ("PUT", "/lessons/3144200101.2026-2027-1.K1.01.001/roll");
        let parked = self.done(&by, "attendance", way, &[], Some(roll_call())).await;
        let way = ("POST", "/schools/3144200101/terms/2026-2027-1/attendance-locks/1/lift");
        self.done(&by, "attendance", way, &[], Some(json!({"reason": "更正点名"}))).await;
        parked["parked_call_id"].as_str().expect("a name").to_owned()
    }

    /// A settlement batch of a month.
    pub(crate) async fn batch(&self) -> Value {
        self.listed().await;
        let by = of("school_finance@school:3144200101");
        let way = ("POST", "/schools/3144200101/settlements");
        self.done(&by, "settlement", way, &[KEY], Some(september())).await
    }

    /// The same, once finance has confirmed it.
    pub(crate) async fn confirmed_batch(&self) -> Value {
        let batch = self.batch().await;
        let by = Who::Person("F000000009".to_owned(), format!("school_finance@school:{SCHOOL}"));
        self.agree(&by, &batch, "confirm").await
    }

    /// The same, once somebody else has approved it.
    pub(crate) async fn settled_batch(&self) -> Value {
        let batch = self.confirmed_batch().await;
        self.agree(&of("principal@school:3144200101"), &batch, "approve").await
    }

    async fn agree(&self, by: &Who, batch: &Value, act: &str) -> Value {
        let path = format!("/settlements/{}/{act}", batch["batch_id"].as_str().expect("an identifier"));
        self.done(by, "settlement", ("POST", &path), &[], Some(json!({"sha256": batch["sha256"]}))).await
    }

    /// The school has asked for something to go back: what the rules say once lessons were given, or an amount.
    pub(crate) async fn refund_request(&self, wish: Value) -> String {
        self.paid().await;
        self.stage.world.advance(Duration::from_hours(8 * 24)).await;
        let mut body = json!({"order_no": ORDER, "course": "K1"});
        body.as_object_mut().expect("an object").extend(wish.as_object().expect("an object").clone());
        let by = of("school_admin@school:3144200101");
        let asked = self.done(&by, "refund", ("POST", "/refund-requests"), &[KEY], Some(body)).await;
        asked["request_id"].as_str().expect("an identifier").to_owned()
    }

    /// A refund that is set aside.
    pub(crate) async fn refund(&self) -> String {
        let request = self.refund_request(json!({"amount_fen": 10_000})).await;
        let path = format!("/refund-requests/{request}/confirm");
        let body = json!({"approved": true});
        let confirmed = self.done(&guardian(), "refund", ("POST", &path), &[], Some(body)).await;
        confirmed["refund_no"].as_str().expect("a number").to_owned()
    }

    /// The same, kept against the next term.
    pub(crate) async fn kept(&self) -> String {
        let (no, app) = (self.refund().await, self.stage.app());
        let found = app.store().refund(&no.parse().expect("a number")).await.expect("read").map(Guarded::unguarded);
        let mut refund = found.expect("a refund");
        refund.value.payout = Payout::NextTerm;
        let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
        commit.save_refund(&refund).expect("an item");
        app.store().commit(commit).await.expect("written");
        no
    }

    /// The same, carried to the provider.
    pub(crate) async fn carried(&self, faults: Faults) -> String {
        let no = self.refund().await;
        self.stage.provider().set_faults(faults);
        self.carry(&no).await;
        no
    }

    /// The same, arrived at the payer.
    pub(crate) async fn arrived(&self) -> String {
        let no = self.carried(Faults::NONE).await;
        self.stage.world.advance(Duration::from_mins(1)).await;
        self.carry(&no).await;
        no
    }

    /// The payer's card takes no money.
    pub(crate) async fn abnormal(&self) -> String {
        let no = self.carried(Faults { refund_abnormal: true, ..Faults::NONE }).await;
        self.stage.world.advance(Duration::from_mins(1)).await;
        self.carry(&no).await;
        no
    }

    /// The provider refuses it for good: somebody has given all of it back by hand.
    pub(crate) async fn refused(&self) -> String {
        let no = self.refund().await;
        let now = self.stage.world.now();
        self.stage.provider().refund_in_console(&format!("{ORDER}-1"), 40_000, now).expect("by hand");
        self.carry(&no).await;
        no
    }

    /// A guardian says that the money has not arrived.
    pub(crate) async fn disputed(&self) -> String {
        let no = self.carried(Faults { refund_hold: true, ..Faults::NONE }).await;
        let path = format!("/refunds/{no}/disputes");
        self.done(&guardian(), "refund", ("POST", &path), &[], None).await;
        no
    }

    async fn carry(&self, no: &str) {
        let app = self.stage.app();
        let cashier = Cashier::new(app.store(), app.ambient(), Actor::system("test"));
        let channels = app.channels().await.expect("channels");
        let no = no.parse().expect("a number");
        Box::pin(cashier.carry(channels, &no, "https://platform.invalid/v1")).await.expect("carried");
    }

    /// A member of the school's staff.
    pub(crate) async fn user(&self) -> String {
        let by = of("school_admin@school:3144200101");
        let added = self.done(&by, "directory", ("POST", "/users"), &[], Some(staff())).await;
        added["person_id"].as_str().expect("an identifier").to_owned()
    }

    /// A change of roles that waits.
    pub(crate) async fn role_change(&self) -> String {
        let edits = json!({"edits": [{"role": "steward", "add": ["export"]}], "reason": "名册"});
        let by = of("security_admin@platform");
        let proposed = self.done(&by, "directory", ("POST", "/role-changes"), &[KEY], Some(edits)).await;
        proposed["change_id"].as_str().expect("an identifier").to_owned()
    }

    /// A review of the school's accounts.
    pub(crate) async fn review(&self) -> String {
        let by = of("security_admin@platform");
        let body = json!({"school": SCHOOL});
        let drawn = self.done(&by, "directory", ("POST", "/access-reviews"), &[KEY], Some(body)).await;
        drawn["review_id"].as_str().expect("an identifier").to_owned()
    }

    /// A file that was checked.
    pub(crate) async fn import(&self) -> String {
        let who = of("school_admin@school:3144200101");
        let submitted = self.done(&who, "school", ("POST", "/imports"), &[], Some(homerooms())).await;
        submitted["import_id"].as_str().expect("an identifier").to_owned()
    }

    /// A homeroom of the school.
    pub(crate) async fn homeroom(&self) {
        let path = format!("/homerooms/{HOMEROOM}");
        let by = of("school_admin@school:3144200101");
        self.done(&by, "people", ("PUT", &path), &[NEW], Some(homeroom("三年级(2)班"))).await;
    }

    pub(crate) async fn room(&self) {
        let path = format!("/rooms/{SCHOOL}.R301");
        self.done(&of("school_admin@school:3144200101"), "school", ("PUT", &path), &[NEW], Some(room())).await;
    }

    /// A provider.
    pub(crate) async fn provider(&self) {
        let way = ("PUT", "/organizations/P001");
        self.done(&of("system_admin@platform"), "school", way, &[NEW], Some(provider())).await;
    }

    /// A provider that is blacklisted.
    pub(crate) async fn blacklisted(&self) {
        self.provider().await;
        let way = ("POST", "/organizations/P001/blacklist");
        self.done(&of("system_admin@platform"), "school", way, &[FIRST], Some(json!({"reason": "虚假宣传"}))).await;
    }

    /// Somebody's request to see a person's data in full.
    pub(crate) async fn reveal(&self, by: &str, kind: &str, id: &str) -> String {
        let by = Who::Person(by.to_owned(), "school_admin@school:3144200101".to_owned());
        let asked = self.done(&by, "privacy", ("POST", "/reveals"), &[KEY], Some(reveal(kind, id))).await;
        asked["reveal_id"].as_str().expect("an identifier").to_owned()
    }

    /// A request of the pupil's guardian.
    pub(crate) async fn privacy_request(&self) -> String {
        let way = ("POST", "/me/privacy-requests");
        let asked = self.done(&guardian(), "privacy", way, &[KEY], Some(correction())).await;
        asked["request_id"].as_str().expect("an identifier").to_owned()
    }

    /// A proposal to destroy the school's keys.
    pub(crate) async fn shredding(&self) {
        let body = json!({"school": SCHOOL, "reason": "学校撤并"});
        let way = ("POST", "/keys/3144200101/shredding");
        self.done(&of("security_admin@platform"), "privacy", way, &[], Some(body)).await;
    }

    /// A change of the receiving account that waits.
    pub(crate) async fn proposal(&self) {
        let path = format!("/schools/{SCHOOL}/account/proposal");
        self.done(&of("school_finance@school:3144200101"), "school", ("PUT", &path), &[NEW], Some(account())).await;
    }
}

/// Somebody at work before the caller comes.
pub(crate) fn of(grant: &str) -> Who {
    Who::Person("Z000000001".to_owned(), grant.to_owned())
}

pub(crate) fn guardian() -> Who {
    Who::Guardian("G000000000".to_owned())
}
