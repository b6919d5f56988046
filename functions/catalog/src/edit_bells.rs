//! The bell schedule of a term: which periods a day has, and when. S7.1 S7.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::bells::divide;
use domain::catalog::{Period, Term};
use domain::id::{SchoolCode, TermCode};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::view::PeriodView;

/// The periods of a day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Bells {
    /// School and term.
    #[schema(example = "3144200101.2026-2027-1")]
    pub term_id: String,
    /// By number.
    pub periods: Vec<PeriodView>,
}

impl Bells {
    fn answer(term: &Versioned<Term>) -> Answer<Self> {
        let Term { school, code, periods, .. } = &term.value;
        let periods = periods.iter().map(PeriodView::from).collect();
        Answer::ok(Self { term_id: format!("{school}.{code}"), periods }).at_version(term.ver)
    }
}

/// All periods of a day: one that is left out is none any more.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditBells {
    /// 1 to 12, one after the other.
    pub periods: Vec<PeriodView>,
}

/// 查看节次与作息
///
/// The `ETag` is of the term.
#[utoipa::path(
    get, path = "/terms/{term_id}/bells", operation_id = "show_bells", tag = "选课目录",
    params(("term_id" = String, Path, description = "学校与学期,如 3144200101.2026-2027-1")),
    responses(
        (status = 200, description = "节次与作息时间", body = Bells),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_bells(State(app): State<App>, caller: Caller, Path(term_id): Path<String>) -> Outcome<Answer<Bells>> {
    let granted = caller.ask::<may::ViewSchools>(&app).await?;
    let (school, code) = read_term_id(&term_id)?;
    let term = app.store().term(&school, &code).await?.filter(|_| granted.covers_school(&school));
    Ok(Bells::answer(&term.ok_or(AccessError::NotFound)?))
}

/// 设置节次与作息
///
/// Other times hold for the lessons of all offerings at once. A period in which an offering is taught cannot be left out.
#[utoipa::path(
    put, path = "/terms/{term_id}/bells", operation_id = "edit_bells", tag = "选课目录",
    params(
        ("term_id" = String, Path, description = "学校与学期,如 3144200101.2026-2027-1"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = EditBells,
    responses(
        (status = 200, description = "已保存", body = Bells),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "有开课安排在删除的节次", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_bells(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(term_id): Path<String>,
    sent: Sent<EditBells>,
) -> Outcome<Answer<Bells>> {
    let granted = caller.ask::<may::EditSchool>(&app).await?;
    let (school, code) = read_term_id(&term_id)?;
    let term = app.store().term(&school, &code).await?.filter(|_| granted.covers_school(&school));
    let mut term = term.ok_or(AccessError::NotFound)?;
    version.check(term.ver)?;
    let offerings = app.store().offerings(&school, &code).await?;
    term.value.periods = divide(sent.value.periods.into_iter().map(Period::from).collect(), &offerings)?;
    let mut commit = Commit::new(caller.actor(&granted), "catalog.edit_bells", app.now());
    commit.save_term(&term)?;
    app.write_edit(commit).await?;
    app.store().forget_catalog(&school, &code);
    term.ver = term.ver.saturating_add(1);
    Ok(Bells::answer(&term))
}

/// School and term out of `3144200101.2026-2027-1`.
fn read_term_id(text: &str) -> Result<(SchoolCode, TermCode), RequestError> {
    let (school, term) = text.split_once('.').ok_or(RequestError::ParameterUnusable { name: "term_id" })?;
    Ok((parse("term_id", school)?, parse("term_id", term)?))
}
