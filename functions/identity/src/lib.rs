//! Identity (登录与会话): how people come in, stay in and leave. B1.2 K5.1 K3, promise P10.
//!
//! Guardians come by the province's unified identity, staff by it or by password and second factor. Either way ends in
//! a session of our own: an access token for a quarter of an hour, and a refresh token that is good once.

pub mod begin_province;
pub mod change_password;
pub mod end_session;
pub mod finish_province;
mod guard;
mod issue;
mod open;
pub mod password;
pub mod refresh;
mod refresh_token;
pub mod second_factor;
pub mod set_password;
pub mod set_up;
pub mod show_me;
mod standing;
mod step;
mod tell;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(begin_province::begin_province_sign_in))
        .routes(routes!(finish_province::finish_province_sign_in))
        .routes(routes!(password::sign_in_by_password))
        .routes(routes!(second_factor::answer_second_factor))
        .routes(routes!(set_up::set_up_second_factor))
        .routes(routes!(set_up::confirm_second_factor))
        .routes(routes!(change_password::change_password))
        .routes(routes!(refresh::refresh_session))
        .routes(routes!(end_session::end_session))
        .routes(routes!(show_me::show_me))
        .routes(routes!(set_password::set_password))
}
