//! Directory (用户、角色与权限): accounts, the roles they hold, and what each role may do. B1 B3 K5.1, promise P10.

pub mod add_user;
pub mod decide_role_change;
pub mod draw_up_review;
pub mod edit_user;
pub mod export_users;
pub mod find_users;
pub mod freeze_user;
pub mod list_roles;
pub mod list_users;
pub mod propose_role_change;
pub mod regrant_user;
pub mod reset_password;
mod review_view;
pub mod search_audit;
pub mod sign_off_review;
mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_users::list_users, add_user::add_user))
        .routes(routes!(find_users::find_users))
        .routes(routes!(export_users::export_users))
        .routes(routes!(list_users::show_user, edit_user::edit_user))
        .routes(routes!(freeze_user::freeze_user))
        .routes(routes!(freeze_user::unfreeze_user))
        .routes(routes!(regrant_user::regrant_user))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(sign_off_review::list_reviews, draw_up_review::draw_up_review))
        .routes(routes!(sign_off_review::show_review))
        .routes(routes!(sign_off_review::sign_off_review))
        .routes(routes!(search_audit::search_audit))
        .routes(routes!(list_roles::list_roles))
        .routes(routes!(list_roles::list_permissions))
        .routes(routes!(propose_role_change::propose_role_change, decide_role_change::list_role_changes))
        .routes(routes!(decide_role_change::approve_role_change))
        .routes(routes!(decide_role_change::reject_role_change))
}
