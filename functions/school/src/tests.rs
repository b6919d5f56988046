//! The events of `events/school`, one by one, in a town with one school.

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::import::Cell;
use domain::task::Queue;
use serde_json::Value;
use sheet::Limits;
use testkit::simulate;
use testkit::stage::{Answered, IMPORT_QUEUE, IMPORTS, Stage, send};
use testkit::town::Town;

fn event(name: &str) -> Value {
    let path = format!("{}/../../events/school/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).unwrap()
}

/// Runs a scenario in the town with the events by name.
fn play(scenario: impl AsyncFnOnce(Stage, Router)) {
    simulate(1, async |world| {
        let stage = Stage::with(&world, &Town::small(4)).await;
        let router = edge::start::router(stage.app(), crate::routes());
        scenario(stage, router).await;
    });
}

async fn answer(router: &Router, name: &str) -> Answered {
    send(router, &event(name)).await
}

#[test]
fn p1_a_guardian_sees_the_own_children() {
    play(async |_stage, router| {
        let children = answer(&router, "children").await;
        assert_eq!(children.status, 200, "{}", children.text);
        let names: Vec<_> = children.json()["items"].as_array().unwrap().iter().map(|c| c["name"].clone()).collect();
        assert_eq!(names, ["学生0", "学生1"]);
        assert_eq!(children.json()["items"][0]["school_name"], "五桂山第一小学");
        assert_eq!(answer(&router, "children-by-school").await.slug(), "access/not-found");
        assert_eq!(answer(&router, "children-not-signed-in").await.slug(), "access/not-signed-in");
    });
}

#[test]
fn d1_schools_are_listed_by_scope() {
    play(async |_stage, router| {
        assert_eq!(answer(&router, "schools-by-platform").await.json()["items"][0]["code"], "3144200101");
        assert_eq!(answer(&router, "schools-by-school").await.json()["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(answer(&router, "schools-by-guardian").await.slug(), "access/not-found");
    });
}

#[test]
fn s3_a_file_is_judged_and_then_applied() {
    play(async |stage, router| {
        let checked = answer(&router, "submit-import").await;
        assert_eq!(checked.status, 201, "{}", checked.text);
        let view = checked.json();
        assert_eq!(
            (&view["state"], &view["expected"]["new"], &view["errors_total"]),
            (&"checked".into(), &2.into(), &0.into())
        );
        assert!(stage.app().store().homerooms(&"3144200101".parse().unwrap()).await.unwrap().is_empty(), "a dry run");
        assert_eq!(stage.world.objects(IMPORTS).len(), 2);

        assert_eq!(answer(&router, "apply-import-key-missing").await.slug(), "request/idempotency-key-missing");
        assert_eq!(answer(&router, "apply-import-by-other-school").await.slug(), "access/not-found");
        assert_eq!(answer(&router, "apply-import-unknown").await.slug(), "access/not-found");
        let accepted = answer(&router, "apply-import").await;
        assert_eq!(
            (accepted.status.as_u16(), &accepted.json()["state"]),
            (202, &"applying".into()),
            "{}",
            accepted.text
        );
        let id = view["import_id"].as_str().unwrap();
        let task = stage.app().store().task(Queue::Import, id).await.unwrap().expect("a task");
        assert_eq!(task.wanted, 2);
        assert_eq!(stage.world.sent(IMPORT_QUEUE).len(), 1);
        assert_eq!(answer(&router, "apply-import").await.status, 202, "twice is once");
        assert_eq!(stage.app().store().task(Queue::Import, id).await.unwrap(), Some(task));
        assert_eq!(answer(&router, "submit-import").await.json()["state"], "applying", "not judged anew meanwhile");
    });
}

#[test]
fn s3_a_file_with_errors_comes_back_with_its_reasons() {
    play(async |_stage, router| {
        let checked = answer(&router, "submit-import-with-errors").await.json();
        assert_eq!((&checked["total"], &checked["bad_rows"]), (&3.into(), &1.into()));
        assert_eq!(checked["errors"][0]["row"], 4);
        assert_eq!(checked["errors"][0]["reason"], "应为「一年级」至「九年级」,填的是「2」,请修改");
        assert_eq!(answer(&router, "show-import").await.json()["errors"], checked["errors"]);
        assert_eq!(answer(&router, "show-import-by-platform").await.status, 200);

        let back = answer(&router, "show-import-errors").await.json();
        assert_eq!(back["file_name"], "行政班-错误原因.csv");
        let bytes = STANDARD.decode(back["content_base64"].as_str().unwrap()).unwrap();
        let table = sheet::read(&bytes, &Limits::default()).unwrap();
        let first: Vec<&Cell> = table.rows.iter().map(|row| row.cell(0)).collect();
        let reason = Cell::Text("「年级」应为「一年级」至「九年级」,填的是「2」,请修改".into());
        assert_eq!(first, [&Cell::Text("错误原因".into()), &Cell::Empty, &Cell::Empty, &reason]);

        let refused = answer(&router, "apply-import-refused").await;
        assert_eq!((refused.status.as_u16(), refused.slug().as_str()), (409, "import/has-errors"));
        assert_eq!(answer(&router, "apply-import-skip").await.status, 202);
    });
}

#[test]
fn p10_imports_of_others_do_not_exist() {
    play(async |_stage, router| {
        assert_eq!(answer(&router, "submit-import-with-errors").await.status, 201);
        for operation in ["show-import", "show-import-errors"] {
            for who in ["by-other-school", "by-guardian", "unknown"] {
                let refused = answer(&router, &format!("{operation}-{who}")).await;
                assert_eq!(refused.slug(), "access/not-found", "{operation} {who}");
            }
            let unreadable = answer(&router, &format!("{operation}-unreadable")).await;
            assert_eq!(unreadable.slug(), "request/parameter-unusable");
        }
        assert_eq!(answer(&router, "submit-import-by-guardian").await.slug(), "access/not-found");
        let other = answer(&router, "submit-import-by-other-school").await.json();
        assert_eq!(other["errors_total"], 2, "each row is another school's: {other}");
    });
}

#[test]
fn s3_files_that_cannot_be_used_are_refused() {
    play(async |stage, router| {
        for (name, status, slug) in [
            ("submit-import-not-base64", 422, "import/not-base64"),
            ("submit-import-not-a-sheet", 422, "sheet/unknown"),
            ("submit-import-unknown-kind", 422, "request/field-unusable"),
            ("submit-import-unknown-field", 422, "request/field-unusable"),
            ("submit-import-platform-only", 409, "import/platform-only"),
            ("submit-import-bad-name", 422, "import/file-name-unusable"),
            ("submit-import-no-body", 400, "request/not-json"),
        ] {
            let refused = answer(&router, name).await;
            assert_eq!((refused.status.as_u16(), refused.slug().as_str()), (status, slug), "{name}");
        }
        assert!(stage.world.objects(IMPORTS).is_empty());
    });
}
