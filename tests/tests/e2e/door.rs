//! The front door: who comes in, what is open to everybody, and requests nobody should send.

use reqwest::Method;
use serde_json::{Value, json};
use tests::dataset::TERM;
use tests::{Answer, Outcome, Session, ensure};

use crate::scene::{Scene, cloud, family};

#[tokio::test]
async fn k5_1_nobody_comes_in_without_a_token() -> Outcome<()> {
    let nobody = Session::nobody(&cloud().await?)?;
    let strangers = [
        nobody.clone(),
        nobody.clone().with_token("not-a-token"),
        nobody.clone().with_token("eyJhbGciOiJub25lIn0.eyJzdWIiOiJwbGF0Zm9ybSIsInJvbGUiOiJwbGF0Zm9ybV9hZG1pbiJ9."),
    ];
    for stranger in &strangers {
        for path in ["/children", "/schools", "/terms", "/offerings", "/enrollments", "/orders/20261-7K3M9Q2XAB-01"] {
            let answer = stranger.get(path).await?;
            ensure(answer.status == 401, || format!("{path} answers {} to a stranger", answer.status))?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn p1_1_another_familys_child_looks_like_none() -> Outcome<()> {
    let scene = Scene::at("2144200603").await?;
    let (order, payment) = scene.begin().await?;
    let (stranger, own) = family(&scene.cloud, "2144200603").await?;
    let student = &scene.child.student_id;
    ensure(own.student_id != *student, || "the same family twice".to_owned())?;
    for path in [
        format!("/terms?student_id={student}"),
        format!("/offerings?term={TERM}&student_id={student}"),
        format!("/enrollments?term={TERM}&student_id={student}"),
        format!("/orders/{}", order.order_no),
        format!("/orders/{}/snapshot", order.order_no),
        format!("/payments/{payment}"),
    ] {
        stranger.get(&path).await?.problem(404)?;
    }
    let wanted = json!({
        "student_id": student, "term": TERM, "choices": [{ "offering_id": scene.offering.offering_id }],
    });
    stranger.post("/enrollments", "of-others", &wanted).await?.problem(404)?;
    let checkout = json!({ "channel": "wechat", "method": "native" });
    stranger.post(&format!("/orders/{}/payments", order.order_no), "of-others", &checkout).await?.problem(404)?;
    stranger.post(&format!("/orders/{}/cancel", order.order_no), "of-others", &json!({})).await?.problem(404)?;
    Ok(())
}

#[tokio::test]
async fn a1_health_and_documents_are_open() -> Outcome<()> {
    let nobody = Session::nobody(&cloud().await?)?;
    let health: Value = nobody.get("/health").await?.read(200)?;
    ensure(health["status"] == "ok", || health.to_string())?;
    let document: Value = nobody.get("/openapi.json").await?.read(200)?;
    ensure(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), || {
        "the document is not OpenAPI 3.1".to_owned()
    })?;
    ensure(document["paths"]["/enrollments"]["post"].is_object(), || "the document lacks enrolling".to_owned())?;
    let page = nobody.get("/docs").await?;
    let kind = page.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    ensure(page.status == 200 && kind.starts_with("text/html"), || format!("/docs answers {} {kind}", page.status))?;
    ensure(page.body.contains("openapi.json") && !page.body.contains("https://"), || {
        "the page needs something from elsewhere".to_owned()
    })?;
    let problems = nobody.get("/problems").await?;
    ensure(problems.status == 200, || format!("/problems answers {}", problems.status))
}

/// What may come in at the door. Nothing of it leaves a trace.
#[tokio::test]
async fn p2_4_bad_input_is_a_documented_problem_never_a_fault() -> Outcome<()> {
    let scene = Scene::at("3144200604").await?;
    let good = good(&scene);
    for (what, body) in bodies(&scene) {
        let request = scene.session.request(Method::POST, "/enrollments").header("Content-Type", "application/json");
        let answer = Answer::of(request.header("Idempotency-Key", "bad-input").body(body)).await?;
        refused(what, &answer)?;
    }
    for (what, key) in [
        ("no key", None),
        ("odd key", Some("a b/c")),
        ("long key", Some("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")),
    ] {
        let request = scene.session.request(Method::POST, "/enrollments").json(&good);
        let request = match key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        refused(what, &Answer::of(request).await?)?;
    }
    for path in [
        "/offerings",
        "/offerings?term=x",
        "/offerings?term=2026-2027-1&colour=red",
        "/offerings/not-an-offering",
        "/orders/not-an-order",
        "/orders/20261-ZZZZZZZZZZ-01",
        "/payments/not-a-payment",
        "/payments/20261-ZZZZZZZZZZ-01-1",
        "/enrollments",
        "/imports/00000000000000000000000000000000",
        "/schools",
    ] {
        refused(path, &scene.session.get(path).await?)?;
    }
    let forged = scene.session.request(Method::POST, "/callbacks/wechat").json(&json!({ "id": "1" }));
    let forged = Answer::of(forged).await?;
    ensure((400..500).contains(&forged.status), || format!("a forged notification: {}", forged.status))?;

    let none = tests::family::orders(&scene.session, &scene.child).await?;
    ensure(none.is_empty(), || "bad input left an order".to_owned())?;
    scene.seats_taken(0).await
}

fn refused(what: &str, answer: &Answer) -> Outcome<()> {
    let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_problem = (400..500).contains(&answer.status) && kind == "application/problem+json";
    ensure(is_problem, || format!("{what}: answered {} {kind} {}", answer.status, answer.body))?;
    let problem = answer.problem(answer.status)?;
    let is_chinese = problem.detail.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
    ensure(is_chinese, || format!("{what}: {}", problem.detail))
}

/// What would be taken.
fn good(scene: &Scene) -> Value {
    json!({
        "student_id": scene.child.student_id, "term": TERM, "choices": [{ "offering_id": scene.offering.offering_id }],
    })
}

/// What is sent instead.
fn bodies(scene: &Scene) -> Vec<(&'static str, Vec<u8>)> {
    let with = |name: &str, value: Value| {
        let mut body = good(scene);
        body[name] = value;
        body.to_string().into_bytes()
    };
    let oversized = format!("{{\"student_id\":\"{}\"}}", "A".repeat(80_000)).into_bytes();
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)).into_bytes();
    vec![
        ("nothing", Vec::new()),
        ("half an object", b"{\"student_id\":".to_vec()),
        ("no UTF-8", vec![b'{', 0xFF, 0xFE, b'}']),
        ("null", b"null".to_vec()),
        ("an array", b"[]".to_vec()),
        ("deeply nested", deep),
        ("oversized", oversized),
        ("two documents", b"{}{}".to_vec()),
        ("unknown field", with("discount", json!(100))),
        ("number for a pupil", with("student_id", json!(7))),
        ("unreadable pupil", with("student_id", json!("../../etc"))),
        ("unknown pupil", with("student_id", json!("ZZZZZZZZZZ"))),
        ("unknown term", with("term", json!("2099-2100-1"))),
        ("unreadable term", with("term", json!("'; --"))),
        ("no choice", with("choices", json!([]))),
        ("choices as text", with("choices", json!("K001"))),
        ("unknown offering", with("choices", json!([{ "offering_id": "3144200604.2026-2027-1.K999" }]))),
        ("another school's", with("choices", json!([{ "offering_id": "2144200601.2026-2027-1.K001" }]))),
        ("the same twice", {
            let choice = json!({ "offering_id": scene.offering.offering_id });
            with("choices", json!([choice, choice]))
        }),
        ("negative price", with("choices", json!([{ "offering_id": scene.offering.offering_id, "price_fen": -1 }]))),
    ]
}
