//! When the city takes records is seen and changed. B6.1 D5.1.

use serde_json::json;
use testkit::sample::Case;

use crate::FUNCTIONS;

#[test]
fn b6_1_d5_1_the_windows_are_kept_by_who_answers_for_all_schools() {
    Case::done("supervision/edit-gate", 200)
        .after(|scene, answered| {
            Box::pin(async {
                assert_eq!(
                    (answered.json()["open"].as_bool(), &answered.headers["etag"]),
                    (Some(false), &"\"1\"".parse().expect("a header"))
                );
                let gate = scene.app.store().gate().await.expect("read").value;
                assert!(gate.windows.len() == 2 && !gate.is_open(scene.stage.now()), "it is eight in the morning");
                let seen = scene.send("supervision/show-gate").await;
                assert_eq!(seen.json()["windows"][0], json!({"from_minute": 1320, "until_minute": 1440}));
                assert_eq!((seen.json()["failures"].as_u64(), seen.json()["shut_until"].is_null()), (Some(0), true));
            })
        })
        .run(FUNCTIONS);
}

#[test]
fn b6_1_windows_that_cannot_be_are_refused() {
    Case::refused("supervision/edit-gate-backwards", 422, "supervision/windows-unusable").run(FUNCTIONS);
    Case::refused("supervision/edit-gate-outdated", 412, "request/if-match-outdated").run(FUNCTIONS);
}

#[test]
fn b6_1_a_school_does_not_decide_when_the_city_takes_records() {
    Case::refused("supervision/edit-gate-by-school", 404, "access/not-found").run(FUNCTIONS);
    Case::refused("supervision/show-gate-by-school", 404, "access/not-found").run(FUNCTIONS);
}
