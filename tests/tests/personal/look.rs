//! A look at data in full, and the guardian's desk.

use serde_json::json;
use testkit::stage::{Who, event};

use crate::SCHOOL;
use crate::people::People;
use crate::platform::Platform;

/// A clerk sees the child in full; the guardian sees the desk, and writes names where names may be written.
pub(crate) async fn look(platform: &mut Platform, people: &People, guardian: &str, child: &str) {
    let clerk = Who::Person("A000000001".to_owned(), format!("school_admin@school:{SCHOOL}"));
    let principal = Who::Person("A000000002".to_owned(), format!("principal@school:{SCHOOL}"));
    let guardian = Who::Guardian(guardian.to_owned());
    let key = [("Idempotency-Key", "look")];
    let body = json!({"kind": "student", "id": child, "purpose": "核对学籍变动"}).to_string();
    let asked = platform.done(privacy::routes(), &event("POST", "/reveals", &clerk, &key, Some(&body))).await;
    let path = format!("/reveals/{}", asked["reveal_id"].as_str().expect("an identifier"));
    platform.done(privacy::routes(), &event("POST", &format!("{path}/approve"), &principal, &[], None)).await;
    let shown = platform.done(privacy::routes(), &event("GET", &path, &clerk, &[], None)).await;
    let name = shown["in_full"]["name"].as_str().expect("a name").to_owned();
    assert!(people.names.contains(&name), "the name is shown: {shown}");
    let desk = platform.done(privacy::routes(), &event("GET", "/me/privacy", &guardian, &[], None)).await;
    assert!(desk["looks"].to_string().contains("核对学籍变动"), "{desk}");
    platform.done(privacy::routes(), &event("GET", "/me/privacy/export", &guardian, &[], None)).await;
    let body = json!({"kind": "correction", "student_id": child, "text": format!("姓名{name}写错了")}).to_string();
    platform.done(privacy::routes(), &event("POST", "/me/privacy-requests", &guardian, &key, Some(&body))).await;
    let listed = event("GET", &format!("/privacy-requests?school={SCHOOL}"), &principal, &[], None);
    let listed = platform.done(privacy::routes(), &listed).await;
    assert!(listed["items"].to_string().contains(&name), "whoever decides reads what was written: {listed}");
    // Names and numbers where identifiers should be.
    for canary in &people.canaries {
        let body = json!({"kind": "student", "id": canary, "purpose": "核对学籍变动"}).to_string();
        let refused = platform.ask(privacy::routes(), &event("POST", "/reveals", &clerk, &key, Some(&body))).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let body = json!({"document": canary, "version": 1}).to_string();
        let refused =
            platform.ask(privacy::routes(), &event("POST", "/me/consents", &guardian, &[], Some(&body))).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
    }
}
