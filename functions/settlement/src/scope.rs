//! Whose batches a caller reaches, in whose name, and which request was answered before.

use domain::access::{Allows, Granted};
use domain::id::{BatchId, SchoolCode, TermCode};
use domain::settlement::batch::{Batch, Word};
use domain::settlement::docket::Docket;
use domain::settlement::line::BatchLine;
use domain::settlement::rules::SettlementRules;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{RequestError, parse};
use edge::{App, Caller};
use store::key::Key;
use store::reply::Reply;
use store::{Commit, Versioned};

/// How long the answer to a request is remembered.
const REPLY_DAYS: i64 = 30;

/// A batch, if the caller may do this to it.
pub(crate) async fn batch<P: Allows>(app: &App, caller: &Caller, id: &str) -> Outcome<(Granted<P>, Versioned<Batch>)> {
    let granted = caller.ask::<P>(app).await?;
    let id: BatchId = parse("batch_id", id)?;
    let found = app.store().settlement_batch(&id).await?.and_then(|found| found.within(&granted));
    Ok((granted, found.ok_or(AccessError::NotFound)?))
}

/// The docket of a school's term.
pub(crate) async fn docket<P>(
    app: &App,
    granted: &Granted<P>,
    (school, term): (&SchoolCode, &TermCode),
) -> Outcome<Versioned<Docket>> {
    let docket = app.store().settlement_docket(school, term).await?.within(granted);
    Ok(docket.ok_or(AccessError::NotFound)?)
}

/// The rules of a school as they are in force, with their version.
pub(crate) async fn rules(app: &App, school: &SchoolCode) -> Outcome<(SettlementRules, u64)> {
    let own = app.store().settlement_rules(school).await?;
    Ok(own.map_or_else(|| (SettlementRules::standard(), 0), |own| (own.value.rules, own.ver)))
}

/// The caller's word, in the role by which it is given.
pub(crate) fn word<P>(app: &App, caller: &Caller, granted: &Granted<P>) -> Word {
    Word { by: caller.id.clone(), role: granted.by().role.clone(), at: app.now() }
}

/// The batch that the same request has made before.
pub(crate) async fn made_before<P>(
    app: &App,
    granted: &Granted<P>,
    (key, body): (&Key, &str),
) -> Outcome<Option<Versioned<Batch>>> {
    let Some(reply) = app.store().reply(key).await? else { return Ok(None) };
    if reply.body != body {
        return Err(RequestError::IdempotencyKeyReused.into());
    }
    let found = app.store().settlement_batch(&parse("batch_id", &reply.subject)?).await?;
    Ok(Some(found.and_then(|found| found.within(granted)).ok_or(AccessError::NotFound)?))
}

/// Writes a new batch with its lines, the docket that gave it what it covers, and the answer to its request.
pub(crate) async fn open(
    app: &App,
    mut commit: Commit,
    (docket, batch, lines): (&Versioned<Docket>, Batch, Vec<BatchLine>),
    (key, body): (Key, String),
) -> Outcome<Versioned<Batch>> {
    let expires_at = app.now().plus_minutes(REPLY_DAYS * 24 * 60).seconds();
    let reply = Reply { body, subject: batch.id.to_string(), expires_at };
    let mut batch = Versioned::absent(batch);
    commit.save_settlement_docket(docket)?;
    commit.save_batch(&batch)?;
    commit.save_batch_lines(&batch.value, lines)?;
    commit.reply(key, &reply)?;
    app.write_edit(commit).await?;
    batch.ver = 1;
    Ok(batch)
}
