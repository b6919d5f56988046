//! Who may do what, over the local cloud: accounts, roles, freezing, reviews, the audit. B1 B3 K4.2 K5, promise P10.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::until;
use tests::sign_in::{Login, by_province, refresh, step};
use tests::{Answer, Cloud, Outcome, Session, ensure};

use crate::scene::cloud;

const SCHOOL: &str = "2144200601";

async fn holder(cloud: &Cloud, grant: &str) -> Outcome<Session> {
    Session::sign_in(cloud, &Login::holder(grant)?).await
}

async fn school_admin(cloud: &Cloud) -> Outcome<Session> {
    holder(cloud, "school_admin@school:2144200601").await
}

/// An account with these roles: its identifier, and how its owner comes in.
async fn account(by: &Session, name: &str, phone: &str, grants: &[&str]) -> Outcome<(String, Login)> {
    let body = json!({ "name": name, "phone": phone, "home": SCHOOL, "grants": grants });
    let added: Value = Answer::of(by.request(Method::POST, "/users").json(&body)).await?.read(201)?;
    let person = added["person_id"].as_str().unwrap_or_default().to_owned();
    Ok((person, Login::guardian(name, phone, name)))
}

/// Sends a change of an account as it is now.
async fn change(by: &Session, person: &str, way: (Method, &str), body: &Value) -> Outcome<Answer> {
    let path = format!("/users/{person}");
    let version = by.get(&path).await?.headers.get("etag").cloned();
    let request = by.request(way.0, &format!("{path}{}", way.1)).json(body);
    match version {
        Some(version) => Answer::of(request.header("If-Match", version)).await,
        None => Answer::of(request).await,
    }
}

#[tokio::test]
async fn b1_1_an_account_is_added_changed_frozen_and_let_in_again() -> Outcome<()> {
    let cloud = cloud().await?;
    let admin = school_admin(&cloud).await?;
    let (person, login) = account(&admin, "旅程教师", "19811000001", &["school_admin@school:2144200601"]).await?;
    let listed: Value = admin.get(&format!("/users?school={SCHOOL}")).await?.read(200)?;
    let found = listed["items"].as_array().into_iter().flatten().find(|user| user["person_id"] == person.as_str());
    let masked = found.is_some_and(|user| user["name"] == "旅***" && user["phone"] == "198****0001");
    ensure(masked, || listed.to_string())?;

    // Who was let in before is let do nothing weighty once frozen, and does not come back by an old session.
    let tokens = by_province(&cloud, &login).await?;
    let session = Session::nobody(&cloud)?.with_token(&tokens.access_token);
    session.get(&format!("/users/{person}")).await?.read::<Value>(200)?;
    let idle = by_province(&cloud, &login).await?;
    let freeze = json!({ "reason": "旅程" });
    change(&admin, &person, (Method::POST, "/freeze"), &freeze).await?.read::<Value>(200)?;
    let weighty = json!({ "name": "某某", "phone": "19811000009", "home": SCHOOL });
    let refused = Answer::of(session.request(Method::POST, "/users").json(&weighty)).await?.problem(401)?;
    ensure(refused.kind.ends_with("access/session-ended"), || refused.kind)?;
    let refused = refresh(&cloud, &tokens.refresh_token).await?.problem(403)?;
    ensure(refused.kind.ends_with("sign-in/frozen"), || refused.kind)?;
    ensure(by_province(&cloud, &login).await.is_err(), || "a frozen account came in".to_owned())?;
    change(&admin, &person, (Method::POST, "/unfreeze"), &json!({})).await?.read::<Value>(200)?;
    let over = refresh(&cloud, &idle.refresh_token).await?.problem(401)?;
    ensure(over.kind.ends_with("session/ended"), || over.kind)?;

    // Other roles hold from the next weighty operation on.
    let tokens = by_province(&cloud, &login).await?;
    let session = Session::nobody(&cloud)?.with_token(&tokens.access_token);
    let roles = json!({ "grants": ["teacher@classes:2144200601"] });
    change(&admin, &person, (Method::PUT, "/grants"), &roles).await?.read::<Value>(200)?;
    let refused = Answer::of(session.request(Method::POST, "/users").json(&weighty)).await?.problem(401)?;
    ensure(refused.kind.ends_with("access/session-ended"), || refused.kind)
}

#[tokio::test]
async fn b1_1_an_account_is_found_corrected_and_taken_out() -> Outcome<()> {
    let cloud = cloud().await?;
    let admin = school_admin(&cloud).await?;
    let (person, login) = account(&admin, "旅程错名", "19811000006", &[]).await?;
    let search = async |by: &Session, body: Value| {
        let found: Value = Answer::of(by.request(Method::POST, "/users/search").json(&body)).await?.read(200)?;
        let items = found["items"].as_array().cloned().unwrap_or_default();
        Ok::<_, tests::Failure>(items.iter().any(|user| user["person_id"] == person.as_str()))
    };
    ensure(search(&admin, json!({ "phone": login.phone })).await?, || "not found by phone".to_owned())?;
    change(&admin, &person, (Method::PUT, ""), &json!({ "name": "旅程正名" })).await?.read::<Value>(200)?;
    let by_name = async |name: &str| search(&admin, json!({ "name": name, "school": SCHOOL })).await;
    ensure(by_name("正名").await? && !by_name("错名").await?, || "not found by the new name alone".to_owned())?;
    let other = Session::sign_in(&cloud, &Login::school_admin("2144200602")?).await?;
    ensure(!search(&other, json!({ "phone": login.phone })).await?, || "found by another school".to_owned())?;

    let file: Value = admin.get(&format!("/users/export?school={SCHOOL}&format=csv")).await?.read(200)?;
    let text = STANDARD.decode(file["content_base64"].as_str().unwrap_or_default()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    ensure(text.contains("旅***,198****0006,") && !text.contains("旅程正名"), || "not masked".to_owned())
}

#[tokio::test]
async fn b1_1_a_lost_password_is_reset_and_changed_at_once() -> Outcome<()> {
    let cloud = cloud().await?;
    let admin = school_admin(&cloud).await?;
    let (person, login) = account(&admin, "旅程忘密", "19811000002", &["teacher@classes:2144200601"]).await?;
    let reset = admin.request(Method::POST, &format!("/users/{person}/password-reset"));
    let given: Value = Answer::of(reset).await?.read(200)?;
    let credentials = json!({ "phone": login.phone, "password": given["temporary_password"] });
    let next = step(&cloud, "/sign-in/password", &credentials).await?;
    ensure(next.next == "set_up_second_factor", || next.next)?;
    // The principal's roles are not the administrator's to give: neither is the password.
    let listed: Value = admin.get(&format!("/users?school={SCHOOL}")).await?.read(200)?;
    let is_principal = |user: &&Value| user["grants"][0]["grant"] == "principal@school:2144200601";
    holder(&cloud, "principal@school:2144200601").await?;
    let principal = listed["items"].as_array().into_iter().flatten().find(is_principal);
    if let Some(principal) = principal.and_then(|user| user["person_id"].as_str()) {
        let reset = admin.request(Method::POST, &format!("/users/{principal}/password-reset"));
        let refused = Answer::of(reset).await?.problem(409)?;
        ensure(refused.kind.ends_with("user/beyond-own"), || refused.kind)?;
    }
    Ok(())
}

#[tokio::test]
async fn b3_1_roles_are_configured_in_a_batch_and_a_second_person_approves_what_is_sensitive() -> Outcome<()> {
    let cloud = cloud().await?;
    let (system, security) =
        (holder(&cloud, "system_admin@platform").await?, holder(&cloud, "security_admin@platform").await?);
    let body = json!({ "name": "旅程安全", "phone": "19811000003", "grants": [] });
    let added: Value = Answer::of(system.request(Method::POST, "/users").json(&body)).await?.read(201)?;
    let second = added["person_id"].as_str().unwrap_or_default();
    let roles = json!({ "grants": ["security_admin@platform"] });
    change(&security, second, (Method::PUT, "/grants"), &roles).await?.read::<Value>(200)?;
    let second = Session::sign_in(&cloud, &Login::guardian("旅程安全", "19811000003", "第二安全管理员")).await?;

    let edits = json!({ "reason": "旅程", "edits": [
        { "role": "journey_clerk", "title": "旅程文员", "level": "school", "add": ["view_people", "export"] },
        { "role": "journey_reader", "title": "旅程查阅", "level": "school", "add": ["view_schools"] },
    ] });
    let proposed: Value = security.post("/role-changes", "e2e-roles", &edits).await?.read(201)?;
    ensure(proposed["state"] == "proposed" && proposed["difference"][0]["added"][0]["title"].is_string(), || {
        proposed.to_string()
    })?;
    let approve = format!("/role-changes/{}/approve", proposed["change_id"].as_str().unwrap_or_default());
    let own = Answer::of(security.request(Method::POST, &approve)).await?.problem(409)?;
    ensure(own.kind.ends_with("role/second-person-needed"), || own.kind)?;
    let applied: Value = Answer::of(second.request(Method::POST, &approve)).await?.read(200)?;
    ensure(applied["state"] == "applied", || applied.to_string())?;
    let listed: Value = security.get("/roles").await?.read(200)?;
    ensure(listed.to_string().contains("旅程文员"), || "the new role is not listed".to_owned())
}

#[tokio::test]
async fn k5_1_what_is_another_schools_looks_like_nothing_and_leaves_its_trace() -> Outcome<()> {
    let cloud = cloud().await?;
    let admin = school_admin(&cloud).await?;
    let (person, _) = account(&admin, "旅程外校", "19811000004", &[]).await?;
    let other = Session::sign_in(&cloud, &Login::school_admin("2144200602")?).await?;
    let forbidden = other.get(&format!("/users/{person}")).await?;
    let unknown = other.get("/users/0000000000").await?;
    ensure(forbidden.status == 404 && unknown.status == 404, || forbidden.body.clone())?;
    ensure(forbidden.body == unknown.body, || format!("{} and {}", forbidden.body, unknown.body))?;
    let auditor = holder(&cloud, "audit_admin@platform").await?;
    until("an entry of the refusal", 300, async || {
        let entries = auditor.get("/audit-entries?thing=operation%23GET%20/users/%7Bperson_id%7D").await?;
        let entries: Value = entries.read(200)?;
        let refused = |entry: &Value| entry["action"] == "access.refused" && entry["purpose"] == "access/not-found";
        Ok(entries["items"].as_array().is_some_and(|items| items.iter().any(refused)).then_some(()))
    })
    .await
}

#[tokio::test]
async fn k4_2_the_audit_tells_sign_ins_failures_and_changes() -> Outcome<()> {
    let cloud = cloud().await?;
    let admin = school_admin(&cloud).await?;
    let (person, login) = account(&admin, "旅程审计", "19811000005", &["teacher@classes:2144200601"]).await?;
    Session::sign_in(&cloud, &login).await?;
    let wrong = json!({ "phone": login.phone, "password": "not the right password" });
    let wrong = Session::nobody(&cloud)?.request(Method::POST, "/sign-in/password").json(&wrong);
    Answer::of(wrong).await?.problem(401)?;
    let auditor = holder(&cloud, "audit_admin@platform").await?;
    let acts = async |thing: String| {
        let entries: Value =
            auditor.get(&format!("/audit-entries?thing={}", thing.replace('#', "%23"))).await?.read(200)?;
        let items = entries["items"].as_array().cloned().unwrap_or_default();
        Ok::<_, tests::Failure>(items.iter().map(|entry| entry["action"].to_string()).collect::<Vec<_>>().join(" "))
    };
    let came = acts(format!("person#{person}")).await?;
    ensure(came.contains("access.sign_in\"") && came.contains("access.sign_in_failed"), || came)?;
    let changed = acts(format!("directory#USER#{person}#USER")).await?;
    ensure(changed.contains("directory.add_user"), || changed)?;
    let none = admin.get("/audit-entries?thing=x").await?.problem(404)?;
    ensure(none.kind.ends_with("access/not-found"), || none.kind)
}

#[tokio::test]
async fn k5_2_accesses_are_reviewed_and_signed_off() -> Outcome<()> {
    let cloud = cloud().await?;
    let security = holder(&cloud, "security_admin@platform").await?;
    let drawn = security.post("/access-reviews", "e2e-review", &json!({ "school": SCHOOL })).await?;
    let review: Value = drawn.read(201)?;
    ensure(review["accounts"].as_u64().is_some_and(|accounts| accounts > 0), || review.to_string())?;
    let path = format!("/access-reviews/{}", review["review_id"].as_str().unwrap_or_default());
    let auditor = holder(&cloud, "audit_admin@platform").await?;
    let whole: Value = auditor.get(&path).await?.read(200)?;
    ensure(whole["lines"][0]["permissions"][0]["title"].is_string(), || whole.to_string())?;
    let sign = async |by: &Session| {
        let request = by.request(Method::POST, &format!("{path}/sign-off")).header("If-Match", "\"1\"");
        Answer::of(request.json(&json!({ "conclusion": "权限与岗位相符" }))).await
    };
    let own = sign(&security).await?.problem(409)?;
    ensure(own.kind.ends_with("review/second-person-needed"), || own.kind)?;
    let signed: Value = sign(&auditor).await?.read(200)?;
    ensure(signed["signed_at"].is_string(), || signed.to_string())
}
