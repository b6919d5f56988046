//! Adding a school, or changing its base data. S1.1.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::may;
use domain::audit::Actor;
use domain::directory::{Grade, School, Stage};
use domain::id::{OrganizationId, SchoolCode};
use domain::school::{Campus, Premises, SchoolError};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::import::Imported;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::keep_organization::registrar;
use crate::show_school::{CampusView, SchoolView};

/// What a school is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepSchool {
    /// Its name: 2 to 60 characters.
    #[schema(example = "五桂山第一示例小学")]
    pub name: String,
    /// The township it belongs to.
    #[schema(value_type = String, example = "442000006")]
    pub township: OrganizationId,
    /// `primary`, `junior` or both, as its code says.
    #[schema(value_type = Vec<String>, example = json!(["primary"]))]
    pub stages: Vec<Stage>,
    /// The grades it teaches at present; empty: all of its stages.
    #[serde(default)]
    #[schema(value_type = Vec<u8>, example = json!([1, 2, 3]))]
    pub grades: BTreeSet<Grade>,
    /// The address.
    #[serde(default)]
    #[schema(example = "五桂山街道示例路 1 号")]
    pub address: String,
    /// The telephone of its office, never a person's mobile phone.
    #[schema(example = "0760-88881234")]
    pub phone: Option<String>,
    /// Its campuses, at most 20; empty: one, which needs no name.
    #[serde(default)]
    pub campuses: Vec<CampusView>,
}

impl KeepSchool {
    /// As it would be; where its money goes is changed by two persons elsewhere.
    fn school(self, code: SchoolCode, before: Option<&School>) -> School {
        let Self { name, township, stages, grades, address, phone, campuses } = self;
        let campus = |CampusView { number, name, address }| Campus { number, name, address };
        let premises = Premises { address, phone, campuses: campuses.into_iter().map(campus).collect(), grades };
        let merchants = before.map(|before| before.merchants.clone()).unwrap_or_default();
        School { code, name, township, stages, merchants, premises }
    }
}

/// 保存学校
///
/// The school keeps its own base data; adding one, its township and its stages are the platform's.
/// With `If-Match: "0"` a school is added, with the version that was read it is changed.
#[utoipa::path(
    put, path = "/schools/{school}", operation_id = "keep_school", tag = "学校",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("If-Match" = String, Header, description = "读取时的版本,新增为 0"),
    ),
    request_body = KeepSchool,
    responses(
        (status = 200, description = "已保存", body = SchoolView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "学校标识码已存在,或须由平台变更", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn keep_school(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(school): Path<String>,
    sent: Sent<KeepSchool>,
) -> Outcome<Answer<SchoolView>> {
    let granted = caller.ask::<may::EditSchool>(&app).await?;
    let code: SchoolCode = parse("school", &school)?;
    if !granted.covers_school(&code) {
        return Err(AccessError::NotFound.into());
    }
    let held = app.store().kept_school(&code).await?;
    if held.is_some() && version == IfMatch(0) {
        return Err(SchoolError::Exists.into());
    }
    let before = held.as_ref().map(|held| &held.value.value);
    let township = app.store().organization(&sent.value.township).await?;
    let township = township.as_ref().map(|found| &found.value.value);
    let wanted = sent.value.school(code, before).checked(before, township)?;
    let actor = match before.map(|before| wanted.by_itself(before)) {
        Some(Ok(())) => caller.actor(&granted),
        Some(Err(why)) => by_platform(&app, &caller).await?.ok_or(why)?,
        None => by_platform(&app, &caller).await?.ok_or(AccessError::NotFound)?,
    };
    let kept = match &held {
        Some(held) => held.with(held.value.with(wanted)),
        None => Versioned::absent(Imported::by_hand(wanted)),
    };
    version.check(kept.ver)?;
    let mut commit = Commit::new(actor, "school.keep_school", app.now());
    commit.save_kept_school(&kept)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(SchoolView::from(&kept.value.value)).at_version(kept.ver.saturating_add(1)))
}

/// The caller as who keeps the organizations of all; none when it is not.
async fn by_platform(app: &App, caller: &Caller) -> Outcome<Option<Actor>> {
    match registrar(app, caller).await {
        Ok(granted) => Ok(Some(caller.actor(&granted))),
        Err(problem) if problem.status == 404 => Ok(None),
        Err(problem) => Err(problem),
    }
}
