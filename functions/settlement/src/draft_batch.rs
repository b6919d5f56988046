//! A batch is drawn up: what the chosen months come to now, without what is settled of them already. S36.1 S36.4 S36.5.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{CourseCode, TermCode};
use domain::settlement::Month;
use domain::settlement::batch::{Batch, Brief};
use domain::settlement::rules::Field;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, Sent};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, key};
use utoipa::ToSchema;

use crate::ground::Ground;
use crate::scope;
use crate::view::SettlementView;

/// What is to be settled.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftSettlement {
    /// The term.
    #[schema(value_type = String, example = "2026-2027-1")]
    pub term: TermCode,
    /// The calendar months; without them the next period that is over and of which nothing is settled.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["2026-09"]))]
    pub months: BTreeSet<Month>,
    /// The courses; without them all.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["K012"]))]
    pub courses: BTreeSet<CourseCode>,
    /// What is to be seen: `orders`, `refunds`, `lessons`, `attendance`, `prices`, `dues`; without it what the rules say.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["orders", "refunds", "lessons", "dues"]))]
    pub fields: BTreeSet<Field>,
}

/// 编制结算批次
///
/// What went back since a month was settled is in the next batch as a correction. Orders paid within the last minutes
/// may be missing yet, and come with the next batch.
#[utoipa::path(
    post, path = "/schools/{school}/settlements", operation_id = "draft_settlement", tag = "结算",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = DraftSettlement,
    responses(
        (status = 201, description = "已编制,待确认", body = SettlementView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有需要结算的内容,或与未办结的批次重叠", body = Problem),
        (status = 412, description = "结算台账已变化,请重试", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn draft_settlement(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(request): IdempotencyKey,
    Path(school): Path<String>,
    sent: Sent<DraftSettlement>,
) -> Outcome<Answer<SettlementView>> {
    let (granted, school) = reach_school::<may::PrepareSettlement>(&app, &caller, &school).await?;
    let reply = key::reply(caller.id.as_str(), "draft_settlement", &format!("{school}#{request}"));
    if let Some(made) = scope::made_before(&app, &granted, (&reply, &sent.hash)).await? {
        return Ok(Answer::created(SettlementView::from(&made.value)).at_version(made.ver));
    }
    let DraftSettlement { term, months, courses, fields } = sent.value;
    let term = app.store().term(&school, &term).await?.ok_or(AccessError::NotFound)?.value;
    let mut docket = scope::docket(&app, &granted, (&school, &term.code)).await?;
    let (rules, version) = scope::rules(&app, &school).await?;
    let fields = if fields.is_empty() { rules.fields.clone() } else { fields };
    let cover = docket.value.cover(&term, rules.months, (months, courses), app.now().day())?;
    docket.value.check(&cover)?;
    let attendance = rules.need_attendance(&fields);
    let ground = Ground::of(&app, &granted, term, (&docket.value, &cover), attendance).await?;
    let lines = ground.draw(&cover, &rules)?;
    let brief = Brief { cover, fields, rules: version };
    let batch = Batch::draw_up(&mut docket.value, brief, &lines, scope::word(&app, &caller, &granted))?;
    let commit = Commit::new(caller.actor(&granted), "settlement.draft", app.now());
    let batch = scope::open(&app, commit, (&docket, batch, lines), (reply, sent.hash)).await?;
    Ok(Answer::created(SettlementView::from(&batch.value)).at_version(batch.ver))
}
