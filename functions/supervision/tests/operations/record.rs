//! A record beside the city's. D5.1 K7.2.

use domain::Pii;
use domain::directory::Homeroom;
use domain::id::HomeroomId;
use domain::supervision::thing::Thing;
use domain::supervision::{FieldMap, Rendered};
use serde_json::{Value, json};
use store::Versioned;
use testkit::sample::{Case, Scene};
use testkit::town::{SCHOOL, Town, id};

use crate::{FUNCTIONS, commit};

const NAME: &str = "欧阳无忌";
const NUMBER: &str = "L442000201709010000";
const PHONE: &str = "19900000000";

fn town(town: &mut Town) {
    town.students[0].name = Pii::new(NAME.to_owned());
    town.students[0].number = Pii::new(NUMBER.to_owned());
}

async fn rendered(scene: &Scene, thing: &str) -> Rendered {
    let built = report::build(scene.app.store(), &id::<Thing>(thing), scene.stage.now()).await.expect("built");
    let mut record = built.records.into_iter().next().expect("a record");
    record.version = 1;
    FieldMap::current().render(&record).expect("rendered")
}

/// The city has the pupil, under another name.
async fn told(scene: &Scene) {
    let mut commit = commit(scene);
    let room = HomeroomId::new(&id(SCHOOL), 2024, 1);
    let room = Homeroom { id: room, grade: 3, name: "三年级(1)班".to_owned(), graduated: None };
    commit.save_homeroom(&Versioned::absent(room)).expect("a homeroom");
    scene.app.store().commit(commit).await.expect("written");
    for thing in ["homeroom/3144200101.2024.01", "pupil/S000000000"] {
        let record = rendered(scene, thing).await;
        scene.stage.supervision().store_mut().take(record.json(), scene.stage.world.now());
    }
    let set = FieldMap::current().name_of(domain::supervision::Dataset::Student).to_owned();
    assert!(scene.stage.supervision().store_mut().alter(&set, "S000000000", "XM", "司马光".into()));
}

/// A pupil of ours whom the city knows at another school.
async fn elsewhere(scene: &Scene) {
    let holding = json!({"rs": [{
        "d": "student", "id": "S000000003", "l": 1, "at": {"school": "3144200102"},
        "a": {"s": {"v": 1, "h": "ab".repeat(16), "o": "upsert"}, "n": "R1", "t": scene.stage.now()},
    }]});
    let holding = serde_json::from_value(holding).expect("a holding");
    let mut commit = commit(scene);
    commit.save_holding(&id("pupil/S000000003"), &Versioned::absent(holding)).expect("a holding");
    scene.app.store().commit(commit).await.expect("written");
}

fn field<'a>(seen: &'a Value, name: &str) -> &'a Value {
    let fields = seen["fields"].as_array().expect("fields");
    fields.iter().find(|field| field["field"] == name).expect("a field")
}

#[test]
fn d5_1_k7_2_a_record_stands_beside_the_citys_and_nothing_personal_is_in_the_clear() {
    Case::done("supervision/show-record", 200)
        .town(town)
        .before(|scene| Box::pin(told(scene)))
        .after(|_, answered| {
            Box::pin(async {
                let seen = answered.json();
                assert_eq!(
                    (&seen["is_ours"], &seen["is_city_known"], &seen["is_at_city"]),
                    (&json!(true), &json!(true), &json!(true))
                );
                let name = field(&seen, "XM");
                assert_eq!(
                    (&name["ours"], &name["theirs"], &name["same"]),
                    (&json!("欧***"), &json!("司**"), &json!(false))
                );
                assert_eq!((&name["label"], &field(&seen, "NJ")["same"]), (&json!("姓名"), &json!(true)));
                let phone = field(&seen, "JTCY/0/SJHM");
                assert_eq!((&phone["theirs"], &phone["same"]), (&json!("199****0000"), &json!(true)));
                for personal in [NAME, NUMBER, PHONE, "司马光", "家长0"] {
                    assert!(!answered.text.contains(personal), "{personal}: {}", answered.text);
                }
            })
        })
        .run(FUNCTIONS);
}

#[test]
fn d5_1_a_record_of_nobody_is_not_there() {
    Case::refused("supervision/show-record-absent", 404, "access/not-found").run(FUNCTIONS);
    Case::refused("supervision/show-record-unreadable", 400, "request/parameter-unusable").run(FUNCTIONS);
}

#[test]
fn d5_1_a_record_of_another_school_is_not_there() {
    fn moved(town: &mut Town) {
        town.students[3].pupil.school = id("3144200102");
    }
    Case::refused("supervision/show-record-elsewhere", 404, "access/not-found")
        .town(moved)
        .before(|scene| Box::pin(elsewhere(scene)))
        .run(FUNCTIONS);
}

#[test]
fn d5_1_our_side_is_seen_while_the_city_is_out_of_reach() {
    Case::done("supervision/show-record", 200)
        .town(town)
        .before(|scene| {
            Box::pin(async {
                let down = json!({"app_id": "platform", "sign": {"method": "hmac-sha256", "key": "00".repeat(32)}});
                scene.stage.world.put_secret("test/supervision", &down);
            })
        })
        .after(|_, answered| {
            Box::pin(async {
                let seen = answered.json();
                assert_eq!((&seen["is_city_known"], &seen["is_at_city"]), (&json!(false), &json!(false)));
                assert_eq!(
                    (&field(&seen, "XM")["ours"], &field(&seen, "XM")["theirs"]),
                    (&json!("欧***"), &Value::Null)
                );
            })
        })
        .run(FUNCTIONS);
}
