//! What a member of the staff is there for. S3.2.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::may;
use domain::directory::Grade;
use domain::id::{HomeroomId, PersonId};
use domain::post::{Post, PostError, PostKind, checked};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::view::StaffView;

/// A post.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentPost {
    /// `teaching`, `administration`, `patrol`, `finance` or `manager`.
    #[schema(value_type = String, example = "teaching")]
    pub kind: PostKind,
    /// What is taught; for teaching only.
    #[serde(default)]
    #[schema(example = json!(["书法"]))]
    pub subjects: Vec<String>,
    /// The homerooms it is about.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["2144200601.2024.02"]))]
    pub homerooms: Vec<HomeroomId>,
    /// The grades it is about.
    #[serde(default)]
    #[schema(value_type = Vec<u8>, example = json!([3, 4]))]
    pub grades: BTreeSet<Grade>,
}

impl From<SentPost> for Post {
    fn from(sent: SentPost) -> Self {
        let SentPost { kind, subjects, homerooms, grades } = sent;
        Self { kind, subjects, homerooms, grades }
    }
}

/// The posts a person is to have.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditPosts {
    /// All of them: one that is left out ends.
    pub posts: Vec<SentPost>,
}

/// 设置岗位
///
/// Posts are information and give no right; rights are the roles.
#[utoipa::path(
    put, path = "/users/{person_id}/posts", operation_id = "edit_posts", tag = "教职工",
    params(
        ("person_id" = String, Path, description = "用户编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = EditPosts,
    responses(
        (status = 200, description = "已设置", body = StaffView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不是学校教职工账号", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_posts(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(person_id): Path<String>,
    sent: Sent<EditPosts>,
) -> Outcome<Answer<StaffView>> {
    let granted = caller.ask::<may::EditPeople>(&app).await?;
    let person: PersonId = parse("person_id", &person_id)?;
    let user = app.store().user(&person).await?.and_then(|found| found.within(&granted));
    let mut user = user.ok_or(AccessError::NotFound)?;
    version.check(user.ver)?;
    let home = user.value.home.clone().ok_or(PostError::NotOfSchool)?;
    let (school, homerooms) = futures::try_join!(app.store().school(&home), app.store().homerooms(&home))?;
    let school = school.ok_or(PostError::NotOfSchool)?.value;
    user.value.posts = checked(sent.value.posts.into_iter().map(Post::from).collect(), &school, &homerooms)?;
    let mut commit = Commit::new(caller.actor(&granted), "people.edit_posts", app.now());
    commit.save_user(&user)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(StaffView::from(&user.value)).at_version(user.ver.saturating_add(1)))
}
