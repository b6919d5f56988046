//! Who did what, by what right: the audit, for its administrator. K4.2 K5.1, promise P9.

use axum::extract::State;
use domain::Moment;
use domain::access::may;
use domain::audit::Entry;
use domain::time::Span;
use edge::app::Outcome;
use edge::http::{Answer, Query, RequestError};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Entries of a page, about.
const PAGE: usize = 50;

/// The longest span of a search, in days.
const DAYS: i64 = 31;

/// Which entries: about one thing, or of a span of time.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichEntries {
    /// The thing, as entries name it.
    #[param(example = "directory#USER#7K3M9Q2XAB#USER")]
    pub thing: Option<String>,
    /// The first moment, RFC 3339.
    #[param(example = "2026-09-01T00:00:00+08:00")]
    pub from: Option<String>,
    /// The moment before which the last entry lies; at most 31 days later.
    #[param(example = "2026-09-02T00:00:00+08:00")]
    pub until: Option<String>,
    /// Who acted, as entries name it.
    #[param(example = "school_admin:7K3M9Q2XAB")]
    pub actor: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// An entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntryView {
    /// What it is about.
    #[schema(example = "directory#USER#7K3M9Q2XAB#USER")]
    pub thing: String,
    /// Who acted: role and person, or a part of the platform.
    #[schema(example = "school_admin:7K3M9Q2XAB")]
    pub actor: String,
    /// The scope in which the permission was held; none: what is the actor's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "school:2144200601")]
    pub scope: Option<String>,
    /// To what end, where that is to be stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// What was done.
    #[schema(example = "directory.freeze_user")]
    pub action: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// The version it made; 0: nothing was changed.
    pub version: u64,
    /// SHA-256 of what the thing became; what it was before is told by the entry of the version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_sha256: Option<String>,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        let trace = entry.trace;
        Self {
            thing: entry.thing,
            actor: trace.actor.as_str().to_owned(),
            scope: trace.actor.scope().map(str::to_owned),
            purpose: trace.actor.purpose().map(str::to_owned),
            action: trace.action,
            at: trace.at.to_string(),
            version: trace.version,
            after_sha256: trace.after,
        }
    }
}

/// Entries.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Entries {
    /// The newest first.
    pub items: Vec<EntryView>,
    /// For the next page; none at the end. A page may be empty and not be the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 查询审计记录
///
/// By `thing`, or by `from` and `until` with or without `actor`.
#[utoipa::path(
    get, path = "/audit-entries", operation_id = "search_audit", tag = "审计",
    responses(
        (status = 200, description = "审计记录", body = Entries),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn search_audit(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichEntries>,
) -> Outcome<Answer<Entries>> {
    caller.ask::<may::ViewAudit>(&app).await?;
    let cursor = which.cursor.as_deref();
    let found = if let Some(thing) = &which.thing {
        app.store().entries_about(thing, cursor, i32::try_from(PAGE).unwrap_or(i32::MAX)).await?
    } else {
        let span = span(&which, app.now())?;
        app.store().entries_between(span, which.actor.as_deref(), cursor, PAGE).await?
    };
    let items = found.entries.into_iter().map(EntryView::from).collect();
    Ok(Answer::ok(Entries { items, cursor: found.next }))
}

/// The span that is asked for; what is to come holds no entries and need not be walked through.
fn span(which: &WhichEntries, now: Moment) -> Result<Span, RequestError> {
    let moment = |name: &'static str, text: Option<&str>| {
        text.and_then(Moment::parse).ok_or(RequestError::ParameterUnusable { name })
    };
    let from = moment("from", which.from.as_deref())?;
    let until = moment("until", which.until.as_deref())?;
    let seconds = until.seconds_since(from);
    if seconds <= 0 || seconds > DAYS.saturating_mul(24 * 3600) {
        return Err(RequestError::ParameterUnusable { name: "until" });
    }
    Ok(Span { from, until: until.min(now.plus_seconds(1)) })
}
