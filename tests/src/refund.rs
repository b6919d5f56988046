//! Refunds (退费) at the API: quoting, asking, deciding, and what became of them.

use serde::Deserialize;
use serde_json::json;

use crate::client::{Session, until};
use crate::dataset::TERM;
use crate::failure::Outcome;

/// An amount of a quote.
#[derive(Debug, Clone, Deserialize)]
pub struct QuoteLine {
    /// How much.
    pub amount_fen: i64,
    /// How it comes about.
    pub words: String,
}

/// What would go back.
#[derive(Debug, Clone, Deserialize)]
pub struct Quote {
    /// The rule that holds.
    pub rule: String,
    /// Its amounts.
    pub lines: Vec<QuoteLine>,
    /// Their sum.
    pub total_fen: i64,
}

/// A request for a refund.
#[derive(Debug, Clone, Deserialize)]
pub struct Request {
    /// Its identifier.
    pub request_id: String,
    /// Where it stands.
    pub state: String,
    /// Who has to agree.
    pub waits_for: Option<String>,
    /// What goes back.
    pub quote: Quote,
    /// The refund that carries it out.
    pub refund_no: Option<String>,
}

/// A refund.
#[derive(Debug, Clone, Deserialize)]
pub struct Refund {
    /// Its number.
    pub refund_no: String,
    /// How much.
    pub amount_fen: i64,
    /// Where it stands.
    pub state: String,
    /// What stands in its way.
    pub trouble: Option<String>,
    /// SHA-256 of its snapshot, once it has ended.
    pub snapshot_sha256: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

/// What would go back of a course if it were given up today.
pub async fn quote(session: &Session, order_no: &str, course: &str) -> Outcome<Quote> {
    let path = format!("/orders/{order_no}/refund-quote?course={course}&trigger=withdrawal");
    session.get(&path).await?.read(200)
}

/// Asks to give a course up.
pub async fn withdraw(session: &Session, order_no: &str, course: &str) -> Outcome<Request> {
    let body = json!({ "order_no": order_no, "course": course, "trigger": "withdrawal", "why": "time" });
    session.post("/refund-requests", &format!("leave-{order_no}-{course}"), &body).await?.read(201)
}

/// The school approves a request, if it has to.
pub async fn approve(school: &Session, request: &Request) -> Outcome<Request> {
    if request.waits_for.is_none() {
        return Ok(request.clone());
    }
    let path = format!("/refund-requests/{}/decide", request.request_id);
    school.post(&path, "decide", &json!({ "approved": true })).await?.read(200)
}

/// Where a refund stands.
pub async fn refund(session: &Session, refund_no: &str) -> Outcome<Refund> {
    session.get(&format!("/refunds/{refund_no}")).await?.read(200)
}

/// Waits until a refund stands so.
pub async fn refund_in(session: &Session, refund_no: &str, state: &str, seconds: u64) -> Outcome<Refund> {
    until(&format!("refund {refund_no} that is {state}"), seconds, async || {
        Ok(Some(refund(session, refund_no).await?).filter(|refund| refund.state == state))
    })
    .await
}

/// The refunds of an order.
pub async fn refunds_of(session: &Session, order_no: &str) -> Outcome<Vec<Refund>> {
    Ok(session.get(&format!("/orders/{order_no}/refunds")).await?.read::<Items<Refund>>(200)?.items)
}

/// The refunds of a school whose arrival a guardian disputes.
pub async fn disputed(session: &Session, school: &str) -> Outcome<Vec<Refund>> {
    let path = format!("/refunds?school={school}&term={TERM}&disputed=true");
    Ok(session.get(&path).await?.read::<Items<Refund>>(200)?.items)
}
