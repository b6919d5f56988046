//! Taking out the accounts of a school, or those above schools, as a file. B1.1 K5.2.

use axum::extract::State;
use domain::access::{RoleBook, may};
use domain::id::SchoolCode;
use domain::import::Cell;
use domain::user::User;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::export::{ExportError, ExportFormat, ExportedFile, ROWS};
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use sheet::Sheet;
use store::key;
use utoipa::IntoParams;

use crate::view::UserView;

/// Which accounts, and how they are taken out.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsersToExport {
    /// The school whose accounts are wanted; none: those above schools.
    #[param(example = "2144200601")]
    pub school: Option<String>,
    /// `xlsx` or `csv`.
    #[serde(default)]
    pub format: ExportFormat,
}

/// 导出用户
///
/// Personal data is masked; who took out what is noted in the audit.
#[utoipa::path(
    get, path = "/users/export", operation_id = "export_users", tag = "用户与角色",
    responses(
        (status = 200, description = "文件", body = ExportedFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "内容过大,或个人信息已销毁", body = Problem),
    ),
)]
pub async fn export_users(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<UsersToExport>,
) -> Outcome<Answer<ExportedFile>> {
    let (granted, seen) = (caller.ask::<may::Export>(&app).await?, caller.ask::<may::ViewUsers>(&app).await?);
    let school: Option<SchoolCode> = which.school.as_deref().map(|code| parse("school", code)).transpose()?;
    if !granted.covers_home(school.as_ref()) || !seen.covers_home(school.as_ref()) {
        return Err(AccessError::NotFound.into());
    }
    let users = app.store().all_users(school.as_ref(), ROWS).await?.ok_or(ExportError::TooLarge)?;
    let book = app.store().role_book().await?;
    let rows = users.into_iter().filter_map(|user| user.within(&seen)).map(|user| row(&user.value, &book)).collect();
    let headings = ["用户编号", "姓名", "手机号", "所属学校", "角色", "账号状态", "最近登录"];
    let sheet = Sheet::list("用户", app.now().day(), &headings, rows);
    let thing = school.as_ref().map_or_else(|| "list#users".to_owned(), |school| key::thing(&key::school(school)));
    let of = (school.as_ref().map_or("平台", SchoolCode::as_str), thing.as_str());
    Ok(Answer::ok(ExportedFile::write(&app, caller.actor(&granted), of, &sheet, which.format).await?))
}

fn row(user: &User, book: &RoleBook) -> Vec<Cell> {
    let view = UserView::of(user, book);
    let roles: Vec<String> = view.grants.iter().map(|held| format!("{}({})", held.title, held.grant)).collect();
    vec![
        Cell::text(view.person_id),
        Cell::text(view.name),
        Cell::text(view.phone),
        Cell::text(view.home.unwrap_or_default()),
        Cell::text(roles.join("、")),
        Cell::text(if view.frozen_reason.is_some() { "已冻结" } else { "正常" }),
        Cell::text(view.last_seen.unwrap_or_default()),
    ]
}
