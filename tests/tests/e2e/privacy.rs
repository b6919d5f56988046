//! Personal data over the local cloud: keys that rotate, looks in full after approval, and the guardian's desk. K3.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use tests::client::until;
use tests::family::children;
use tests::sign_in::Login;
use tests::tell::line;
use tests::{Answer, Outcome, Session, ensure};

use crate::scene::{cloud, family};

/// The school of which both administrator and principal can sign in.
const SCHOOL: &str = "2144200601";

/// A school whose keys no other journey rotates.
const QUIET: &str = "2144200603";

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn k3_a_minors_data_is_seen_after_approval_and_the_guardian_sees_who_looked() -> Outcome<()> {
    let cloud = cloud().await?;
    let (guardian, child) = family(&cloud, SCHOOL).await?;
    let admin = Session::sign_in(&cloud, &Login::school_admin(SCHOOL)?).await?;
    let principal = Session::sign_in(&cloud, &Login::holder(&format!("principal@school:{SCHOOL}"))?).await?;

    let purpose = format!("核对学籍 {}", child.student_id);
    let body = json!({ "kind": "student", "id": child.student_id, "purpose": purpose });
    let asked: Value = admin.post("/reveals", &format!("reveal-{}", child.student_id), &body).await?.read(201)?;
    ensure(asked["state"] == "asked", || asked.to_string())?;
    let path = format!("/reveals/{}", text(&asked, "reveal_id"));
    let waiting: Value = admin.get(&path).await?.read(200)?;
    ensure(waiting["in_full"].is_null(), || waiting.to_string())?;
    admin.post(&format!("{path}/approve"), "own", &json!({})).await?.problem(404)?;
    let granted: Value = principal.post(&format!("{path}/approve"), "approve", &json!({})).await?.read(200)?;
    ensure(granted["state"] == "granted", || granted.to_string())?;
    principal.get(&path).await?.problem(404)?;
    let shown: Value = admin.get(&path).await?.read(200)?;
    ensure(shown["in_full"]["name"] == child.name.as_str(), || "another name".to_owned())?;

    let desk: Value = guardian.get("/me/privacy").await?.read(200)?;
    let looks = desk["looks"].as_array().cloned().unwrap_or_default();
    let look = looks.iter().find(|look| look["purpose"] == purpose.as_str());
    ensure(look.is_some_and(|look| look["role"] == "school_admin"), || format!("{looks:?}"))?;
    let file = guardian.get("/me/privacy/export").await?;
    ensure(file.body.contains(&child.name), || "the child is not in the file".to_owned())?;
    admin.get("/me/privacy").await?.problem(404)?;
    Ok(())
}

#[tokio::test]
async fn k3_a_guardian_agrees_withdraws_and_asks() -> Outcome<()> {
    let cloud = cloud().await?;
    let (guardian, child) = family(&cloud, SCHOOL).await?;
    let consent = json!({ "document": "child_privacy", "version": 1, "student_id": child.student_id });
    let given: Value = guardian.post("/me/consents", "give", &consent).await?.read(200)?;
    ensure(given["in_force"] == true, || given.to_string())?;
    let withdrawn = json!({ "document": "child_privacy", "student_id": child.student_id });
    let ended: Value = guardian.post("/me/consents/withdraw", "withdraw", &withdrawn).await?.read(200)?;
    ensure(ended["in_force"] == false && ended["given_at"] == given["given_at"], || ended.to_string())?;
    let outdated = json!({ "document": "service_notice", "version": 0 });
    guardian.post("/me/consents", "old", &outdated).await?.problem(409)?;

    let body = json!({ "kind": "correction", "student_id": child.student_id, "text": "姓名中有一个字写错了" });
    let asked: Value = guardian.post("/me/privacy-requests", "correction", &body).await?.read(201)?;
    let principal = Session::sign_in(&cloud, &Login::holder(&format!("principal@school:{SCHOOL}"))?).await?;
    let path = format!("/privacy-requests/{}/decide", text(&asked, "request_id"));
    let decision = json!({ "approved": false, "reason": "与户口簿一致" });
    principal.post(&path, "decide", &decision).await?.read::<Value>(200)?;
    let desk: Value = guardian.get("/me/privacy").await?.read(200)?;
    ensure(desk["requests"][0]["reason"] == "与户口簿一致", || desk["requests"].to_string())
}

#[tokio::test]
async fn k3_a_key_rotates_and_what_was_sealed_before_still_opens() -> Outcome<()> {
    let cloud = cloud().await?;
    let (guardian, child) = family(&cloud, QUIET).await?;
    let security = Session::sign_in(&cloud, &Login::holder("security_admin@platform")?).await?;
    let path = format!("/keys/{QUIET}");
    let rotated: Value = security.post(&format!("{path}/rotate"), "rotate-1", &json!({})).await?.read(201)?;
    let again: Value = security.post(&format!("{path}/rotate"), "rotate-1", &json!({})).await?.read(201)?;
    ensure(rotated == again, || format!("{rotated} and then {again}"))?;
    let keys: Value = security.get(&path).await?.read(200)?;
    let newest = keys["items"].as_array().and_then(|keys| keys.last()).cloned().unwrap_or_default();
    ensure(newest["number"] == rotated["number"] && !keys.to_string().contains("wrapped"), || keys.to_string())?;
    let read = children(&guardian).await?;
    ensure(read.iter().any(|one| one.name == child.name), || "the name does not open any more".to_owned())?;
    guardian.get(&path).await?.problem(404)?;
    let admin = Session::sign_in(&cloud, &Login::school_admin(QUIET)?).await?;
    let refused = admin.request(Method::POST, &format!("{path}/rotate")).header("Idempotency-Key", "rotate-2");
    Answer::of(refused).await?.problem(404)?;
    Ok(())
}

/// How often the keys rotate while the load runs, the school's and the platform's in turn.
const ROTATIONS: usize = 12;

/// Requests between one rotation and the next.
const REQUESTS: usize = 25;

/// What works while keys rotate: it goes on until the last rotation is over.
#[derive(Default)]
struct Load {
    answered: AtomicUsize,
    over: AtomicBool,
}

impl Load {
    async fn run(&self, mut once: impl AsyncFnMut(usize) -> Outcome<usize>) -> Outcome<()> {
        for round in 0.. {
            if self.over.load(Ordering::Relaxed) {
                break;
            }
            self.answered.fetch_add(once(round).await?, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn answers(&self, requests: usize) -> Outcome<()> {
        let enough = || (self.answered.load(Ordering::Relaxed) >= requests).then_some(());
        until("requests answered", 180, async || Ok(enough())).await
    }
}

/// Beside the other journeys, which are this one's load too: none of them meets a failure either.
#[tokio::test]
async fn k3_keys_rotate_under_load_and_no_request_fails() -> Outcome<()> {
    let cloud = cloud().await?;
    let (guardian, child) = family(&cloud, SCHOOL).await?;
    let admin = Session::sign_in(&cloud, &Login::school_admin(SCHOOL)?).await?;
    let security = Session::sign_in(&cloud, &Login::holder("security_admin@platform")?).await?;
    let load = Load::default();
    let rotating = async {
        for rotation in 1..=ROTATIONS {
            load.answers(rotation * REQUESTS).await?;
            let tenant = if rotation % 2 == 0 { SCHOOL } else { "platform" };
            let rotate = format!("/keys/{tenant}/rotate");
            security.post(&rotate, &format!("under-load-{rotation}"), &json!({})).await?.read::<Value>(201)?;
        }
        load.answers((ROTATIONS + 1) * REQUESTS).await?;
        load.over.store(true, Ordering::Relaxed);
        Ok(())
    };
    // Sealed with whatever key is in force, and opened again by somebody else.
    let hiring = load.run(async |round| {
        let phone = format!("198222{round:05}");
        let body = json!({ "name": "轮换", "phone": phone, "home": SCHOOL, "grants": [] });
        let added: Value = Answer::of(admin.request(Method::POST, "/users").json(&body)).await?.read(201)?;
        let shown: Value = admin.get(&format!("/users/{}", text(&added, "person_id"))).await?.read(200)?;
        ensure(shown["name"] == "轮*", || shown.to_string())?;
        Ok(2)
    });
    // Sealed long before.
    let reading = load.run(async |_| {
        let held: Value = guardian.get("/me/privacy").await?.read(200)?;
        let whole = held["children"][0]["name"] == child.name.as_str();
        ensure(whole, || "the name does not open any more".to_owned())?;
        Ok(1)
    });
    let signing_in = load.run(async |_| {
        let session = Session::sign_in(&cloud, &Login::school_admin(SCHOOL)?).await?;
        session.get("/me").await?.read::<Value>(200)?;
        Ok(1)
    });
    tokio::try_join!(rotating, hiring, reading, signing_in)?;
    let answered = load.answered.load(Ordering::Relaxed);
    line(format!("{answered} requests answered while keys rotated {ROTATIONS} times, none failed"));
    Ok(())
}
