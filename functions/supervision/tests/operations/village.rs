//! A pupil with an order, of which the city has heard.

use domain::Money;
use domain::id::OrderNo;
use domain::record::{Line, Order, OrderState, RequestMark, TermRecord};
use domain::refund::facts::GivenBack;
use domain::refund::sets::RulesRef;
use domain::seat::{Seat, Stamp};
use domain::supervision::holding::Holding;
use serde_json::json;
use store::Versioned;
use testkit::sample::Scene;
use testkit::town::{SCHOOL, TERM, id};

use crate::commit;

/// The order, with one attempt to pay it; its record is acknowledged.
pub(crate) async fn settle(scene: &Scene, no: &OrderNo) {
    let now = scene.stage.now();
    let mut record = TermRecord::new(no.student(), id(TERM), id(SCHOOL));
    record.orders.push(Order {
        no: no.clone(),
        state: OrderState::Expired,
        guardian: id("G000000000"),
        placed_at: now,
        deadline: now.plus_minutes(15),
        lines: vec![line()],
        total: Money::from_fen(40_000),
        request: RequestMark { key: "k".to_owned(), body: "b".to_owned() },
        snapshot: String::new(),
        archived: true,
        attempts: 1,
        attempt_open: false,
        ending: None,
        paid: None,
        rules: RulesRef::default(),
        extension: None,
        reminder: None,
        continues: None,
        remind_hours: None,
        merged_into: None,
        exchange: None,
        listed: String::new(),
    });
    let holding: Holding = serde_json::from_value(json!({"rs": [{
        "d": "order", "id": no.as_str(), "l": 7, "at": {"school": SCHOOL, "term": TERM, "day": now.day()},
        "a": {"s": {"v": 7, "h": "ab".repeat(16), "o": "upsert"}, "n": "HZ0000000007", "t": now},
    }]}))
    .expect("a holding");
    let mut commit = commit(scene);
    let row = domain::register::Row::of(&record, &record.orders[0], domain::register::Beside::default());
    commit.save_row(&Versioned::absent(row.expect("a row"))).expect("a row");
    commit.save_record(&Versioned::absent(record)).expect("a record");
    commit
        .save_holding(&id(&format!("record/{}/{TERM}", no.student())), &Versioned::absent(holding))
        .expect("a holding");
    scene.app.store().commit(commit).await.expect("written");
}

fn line() -> Line {
    Line {
        course: id("K1"),
        title: "课程K1".to_owned(),
        lessons: 16,
        unit_price: Money::from_fen(2_500),
        waived: None,
        materials: Money::ZERO,
        sundry: Money::ZERO,
        amount: Money::from_fen(40_000),
        seat: Seat { ledger: 0, stamp: Stamp::CONFIRMED },
        given_back: GivenBack::default(),
        leaving: None,
        instalment: None,
    }
}
