//! A school with its base data. S1.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::directory::{Grade, School, Stage};
use domain::id::SchoolCode;
use domain::school::Campus;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A campus.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampusView {
    /// Its number within the school, from 1.
    #[schema(example = 1)]
    pub number: u8,
    /// Its name: 1 to 40 characters.
    #[schema(example = "本部")]
    pub name: String,
    /// Where it is.
    #[serde(default)]
    #[schema(example = "五桂山街道示例路 1 号")]
    pub address: String,
}

impl From<&Campus> for CampusView {
    fn from(campus: &Campus) -> Self {
        Self { number: campus.number, name: campus.name.clone(), address: campus.address.clone() }
    }
}

/// A school.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SchoolView {
    /// Its code.
    #[schema(example = "2144200601")]
    pub code: String,
    /// Its name.
    #[schema(example = "五桂山第一示例小学")]
    pub name: String,
    /// The township it belongs to.
    #[schema(example = "442000006")]
    pub township: String,
    /// `primary`, `junior` or both.
    #[schema(example = json!(["primary"]))]
    pub stages: Vec<String>,
    /// The grades it teaches at present.
    #[schema(example = json!([1, 2, 3, 4, 5, 6]))]
    pub grades: Vec<Grade>,
    /// The address; empty: not on file.
    #[schema(example = "五桂山街道示例路 1 号")]
    pub address: String,
    /// The telephone of its office.
    #[schema(example = "0760-88881234")]
    pub phone: Option<String>,
    /// Its campuses; empty: one, which needs no name.
    pub campuses: Vec<CampusView>,
    /// Whether guardians can pay it by WeChat.
    pub takes_wechat: bool,
    /// Whether guardians can pay it by Alipay.
    pub takes_alipay: bool,
}

impl From<&School> for SchoolView {
    fn from(school: &School) -> Self {
        let premises = &school.premises;
        Self {
            code: school.code.to_string(),
            name: school.name.clone(),
            township: school.township.to_string(),
            stages: school.stages.iter().map(Stage::to_string).collect(),
            grades: school.grades(),
            address: premises.address.clone(),
            phone: premises.phone.clone(),
            campuses: premises.campuses.iter().map(CampusView::from).collect(),
            takes_wechat: school.merchants.wechat.is_some(),
            takes_alipay: school.merchants.alipay.is_some(),
        }
    }
}

/// 查看学校
#[utoipa::path(
    get, path = "/schools/{school}", operation_id = "show_school", tag = "学校",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "学校", body = SchoolView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_school(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
) -> Outcome<Answer<SchoolView>> {
    let granted = caller.ask::<may::ViewSchools>(&app).await?;
    let code: SchoolCode = parse("school", &school)?;
    let found = app.store().school(&code).await?.filter(|_| granted.covers_school(&code));
    let found = found.ok_or(AccessError::NotFound)?;
    Ok(Answer::ok(SchoolView::from(&found.value)).at_version(found.ver))
}
