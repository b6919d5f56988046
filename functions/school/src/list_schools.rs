//! The schools that the caller's work reaches. D1 S1.

use axum::extract::State;
use domain::access::may;
use domain::directory::{School, Stage};
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use futures::future::try_join_all;
use serde::Serialize;
use utoipa::ToSchema;

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
    /// Whether guardians can pay it by WeChat.
    pub takes_wechat: bool,
}

impl From<School> for SchoolView {
    fn from(school: School) -> Self {
        Self {
            code: school.code.to_string(),
            name: school.name,
            township: school.township.to_string(),
            stages: school.stages.iter().map(Stage::to_string).collect(),
            takes_wechat: school.wechat_merchant.is_some(),
        }
    }
}

/// Schools.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Schools {
    /// By code.
    pub items: Vec<SchoolView>,
}

/// 学校列表
///
/// City and platform see all schools, a township its own, staff those they work at.
#[utoipa::path(
    get, path = "/schools", operation_id = "list_schools", tag = "学校",
    responses(
        (status = 200, description = "学校列表", body = Schools),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_schools(State(app): State<App>, caller: Caller) -> Outcome<Answer<Schools>> {
    let granted = caller.ask::<may::ViewSchools>(&app).await?;
    let schools = if granted.everywhere() {
        app.store().schools().await?
    } else {
        let own = try_join_all(granted.schools().map(|school| app.store().school(school))).await?;
        own.into_iter().flatten().collect()
    };
    let within = schools.into_iter().map(|found| found.value);
    Ok(Answer::ok(Schools { items: within.map(SchoolView::from).collect() }))
}
