//! Who I am: the own name, masked, and the roles held. B1.2 B3.

use axum::extract::State;
use domain::Pii;
use domain::access::{Grant, Guarded, RoleBook};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use futures::future::try_join_all;
use serde::Serialize;
use utoipa::ToSchema;

/// A role the caller holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoleHeld {
    /// Role and scope, as in the session.
    #[schema(example = "school_admin@school:2144200601")]
    pub grant: String,
    /// The role's name for people.
    #[schema(example = "学校课后服务管理员")]
    pub title: String,
    /// The school it is held at.
    #[schema(example = "2144200601")]
    pub school: Option<String>,
    /// The school's name.
    #[schema(example = "五桂山第一示例小学")]
    pub school_name: Option<String>,
}

/// The caller.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Me {
    /// The person's identifier.
    #[schema(example = "7K3M9Q2XAB")]
    pub person_id: String,
    /// The name, masked.
    #[schema(example = "张**")]
    pub name: String,
    /// The roles, as this session has them.
    pub roles: Vec<RoleHeld>,
}

/// 我是谁
#[utoipa::path(
    get, path = "/me", operation_id = "show_me", tag = "登录",
    responses(
        (status = 200, description = "本人与所持角色", body = Me),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_me(State(app): State<App>, caller: Caller) -> Outcome<Answer<Me>> {
    let name = own_name(&app, &caller).await?.ok_or(AccessError::NotFound)?.masked_name();
    let book = app.store().role_book().await?;
    let roles = try_join_all(caller.grants.iter().map(|grant| held(&app, &book, grant))).await?;
    Ok(Answer::ok(Me { person_id: caller.id.to_string(), name, roles }))
}

/// The caller's own name needs no permission.
async fn own_name(app: &App, caller: &Caller) -> Outcome<Option<Pii<String>>> {
    if let Some(user) = app.store().user(&caller.id).await?.map(Guarded::unguarded) {
        return Ok(Some(user.value.name));
    }
    Ok(app.store().open_guardian(&caller.id).await?.map(Guarded::unguarded).map(|guardian| guardian.value.name))
}

async fn held(app: &App, book: &RoleBook, grant: &Grant) -> Outcome<RoleHeld> {
    let school = match grant.scope.school() {
        Some(code) => app.store().school(code).await?.map(|found| found.value),
        None => None,
    };
    Ok(RoleHeld {
        grant: grant.to_string(),
        title: book.role(&grant.role).map(|role| role.title.clone()).unwrap_or_default(),
        school: grant.scope.school().map(ToString::to_string),
        school_name: school.map(|school| school.name),
    })
}
