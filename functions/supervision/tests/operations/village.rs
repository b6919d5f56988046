//! A pupil with an order, of which the city has heard.

use domain::id::OrderNo;
use domain::record::{Order, OrderState};
use domain::supervision::holding::Holding;
use serde_json::json;
use store::Versioned;
use testkit::orders::{line, ordered};
use testkit::sample::Scene;
use testkit::town::{SCHOOL, TERM, id};

use crate::commit;

/// The order, with one attempt to pay it; its record is acknowledged.
pub(crate) async fn settle(scene: &Scene, no: &OrderNo) {
    let now = scene.stage.now();
    let (mut record, order) = ordered(no.student().as_str(), vec![line("K1")], now);
    record.orders.push(Order { state: OrderState::Expired, archived: true, ..order });
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
