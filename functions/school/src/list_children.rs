//! The children of the guardian who calls, in all their schools. P1.1.

use axum::extract::State;
use domain::access::may;
use domain::directory::Student;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use futures::future::try_join_all;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// A child, as its own guardian sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChildView {
    /// The child.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// The name in full: it is the guardian's own child.
    #[schema(example = "李一诺")]
    pub name: String,
    /// The school's code.
    #[schema(example = "2144200601")]
    pub school: String,
    /// The school's name.
    #[schema(example = "五桂山第一示例小学")]
    pub school_name: String,
    /// 1 to 9.
    #[schema(example = 3)]
    pub grade: u8,
    /// The homeroom's name.
    #[schema(example = "三年级(2)班")]
    pub homeroom: String,
}

/// The children of the caller.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Children {
    /// In the order in which they were linked.
    pub items: Vec<ChildView>,
}

/// 我的孩子
#[utoipa::path(
    get, path = "/children", operation_id = "list_children", tag = "家长",
    responses(
        (status = 200, description = "孩子列表", body = Children),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn list_children(State(app): State<App>, caller: Caller) -> Outcome<Answer<Children>> {
    let granted = caller.ask::<may::ViewChildren>(&app).await?;
    let guardian = app.store().open_guardian(&caller.id).await?.and_then(|found| found.within(&granted));
    let guardian = guardian.ok_or(AccessError::NotFound)?.value;
    let students = try_join_all(guardian.children.iter().map(|child| app.store().open_student(child))).await?;
    // The pupil's own record has the last word on who its guardians are.
    let own = students.into_iter().flatten().filter_map(|found| found.within(&granted));
    let items = try_join_all(own.map(|child| view(&app, child.value))).await?;
    Ok(Answer::ok(Children { items }))
}

async fn view(app: &App, Student { pupil: child, name, .. }: Student) -> Result<ChildView, StoreError> {
    let (school, homeroom) =
        futures::try_join!(app.store().school(&child.school), app.store().homeroom(&child.homeroom))?;
    Ok(ChildView {
        student_id: child.id.to_string(),
        name: name.reveal().clone(),
        school: child.school.to_string(),
        school_name: school.map(|found| found.value.name).unwrap_or_default(),
        grade: child.grade,
        homeroom: homeroom.map(|found| found.value.name).unwrap_or_default(),
    })
}
