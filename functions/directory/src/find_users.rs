//! Finding an account by phone or name. B1.1.

use axum::extract::State;
use domain::Pii;
use domain::access::{Granted, may};
use domain::id::SchoolCode;
use domain::import::Keys as _;
use domain::user::{User, UserError};
use edge::app::Outcome;
use edge::blind::Blind;
use edge::caller::AccessError;
use edge::http::{Answer, Sent, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::view::UserView;

/// Accounts that are told of; who finds more says more of the name.
const FOUND: usize = 50;

/// Who is looked for. It comes in the body: what stands in an address is logged on its way.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindUsers {
    /// The mobile phone, 11 digits; or a name.
    #[schema(value_type = Option<String>, example = "13800001234")]
    #[serde(default, deserialize_with = "domain::pii::maybe_plain")]
    pub phone: Option<Pii<String>>,
    /// A part of the name, among the accounts of `school`.
    #[schema(value_type = Option<String>, example = "王")]
    #[serde(default, deserialize_with = "domain::pii::maybe_plain")]
    pub name: Option<Pii<String>>,
    /// The school whose accounts are looked through; none: those above schools.
    #[schema(example = "2144200601")]
    pub school: Option<String>,
}

/// Users.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FoundUsers {
    /// By identifier, at most 50.
    pub items: Vec<UserView>,
}

/// 查找用户
///
/// By the whole phone wherever the account is kept, or by a part of the name within a school.
#[utoipa::path(
    post, path = "/users/search", operation_id = "find_users", tag = "用户与角色",
    request_body = FindUsers,
    responses(
        (status = 200, description = "用户", body = FoundUsers),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn find_users(State(app): State<App>, caller: Caller, sent: Sent<FindUsers>) -> Outcome<Answer<FoundUsers>> {
    let granted = caller.ask::<may::ViewUsers>(&app).await?;
    let FindUsers { phone, name, school } = sent.value;
    let found = match (phone, name) {
        (Some(phone), None) => by_phone(&app, &granted, &phone).await?,
        (None, Some(name)) => {
            let school: Option<SchoolCode> = school.as_deref().map(|code| parse("school", code)).transpose()?;
            by_name(&app, &granted, school.as_ref(), &name).await?
        }
        (Some(_), Some(_)) | (None, None) => return Err(UserError::NothingToFind.into()),
    };
    let book = app.store().role_book().await?;
    let items = found.iter().take(FOUND).map(|user| UserView::of(user, &book)).collect();
    Ok(Answer::ok(FoundUsers { items }))
}

/// The account of a phone, if the caller reaches it: an identifier is the keyed hash of its phone.
async fn by_phone(app: &App, granted: &Granted<may::ViewUsers>, phone: &Pii<String>) -> Outcome<Vec<User>> {
    let id = Blind::of(app).await?.guardian(phone.reveal());
    let found = app.store().user(&id).await?.and_then(|found| found.within(granted));
    Ok(found.map(|found| found.value).into_iter().collect())
}

/// Names lie encrypted: those of the school are opened and looked at one by one.
async fn by_name(
    app: &App,
    granted: &Granted<may::ViewUsers>,
    school: Option<&SchoolCode>,
    name: &Pii<String>,
) -> Outcome<Vec<User>> {
    if !granted.covers_home(school) {
        return Err(AccessError::NotFound.into());
    }
    let part = name.reveal().trim();
    if part.is_empty() {
        return Err(UserError::NothingToFind.into());
    }
    let users = app.store().all_users(school, usize::MAX).await?.unwrap_or_default();
    let users = users.into_iter().filter_map(|user| user.within(granted)).map(|user| user.value);
    Ok(users.filter(|user| user.name.reveal().contains(part)).collect())
}
