//! A batch nobody has agreed to yet is drawn up anew, by what is known now: whoever looked at it before has to look
//! again. S36.2.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch};
use edge::{App, Caller, Problem};
use store::Commit;

use crate::ground::Ground;
use crate::scope;
use crate::view::SettlementView;

/// 重新编制结算批次
#[utoipa::path(
    post, path = "/settlements/{batch_id}/redraw", operation_id = "redraw_settlement", tag = "结算",
    params(
        ("batch_id" = String, Path, description = "结算批次编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    responses(
        (status = 200, description = "已按最新数据编制", body = SettlementView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已有人确认或已办结,或不再有需要结算的内容", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn redraw_settlement(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(batch_id): Path<String>,
) -> Outcome<Answer<SettlementView>> {
    let (granted, mut batch) = scope::batch::<may::PrepareSettlement>(&app, &caller, &batch_id).await?;
    version.check(batch.ver)?;
    batch.value.check_redraw()?;
    let (school, term) = (batch.value.school.clone(), batch.value.id.term());
    let term = app.store().term(&school, &term).await?.ok_or(AccessError::NotFound)?.value;
    let docket = scope::docket(&app, &granted, (&school, &term.code)).await?;
    let (rules, version) = scope::rules(&app, &school).await?;
    let attendance = rules.need_attendance(&batch.value.fields);
    let cover = batch.value.cover.clone();
    let ground = Ground::of(&app, &granted, term, (&docket.value, &cover), attendance).await?;
    let lines = ground.draw(&cover, &rules)?;
    batch.value.redraw(version, &lines, scope::word(&app, &caller, &granted))?;
    let mut commit = Commit::new(caller.actor(&granted), "settlement.redraw", app.now());
    commit.save_batch(&batch)?;
    commit.save_batch_lines(&batch.value, lines)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(SettlementView::from(&batch.value)).at_version(batch.ver.saturating_add(1)))
}
