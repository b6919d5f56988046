//! Watch (越权留痕): whoever is signed in and is answered as if a thing were not there, or were no more allowed, leaves an
//! entry in the audit. Here and nowhere else, so that no operation can forget it. K5.1, promise P10.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::Fault as _;
use domain::audit::{Act, Actor};
use lambda_http::request::RequestContext;

use crate::app::App;
use crate::caller::AccessError;
use crate::problem::Shown;

/// What is watched for.
const WATCHED: [AccessError; 2] = [AccessError::NotFound, AccessError::SessionEnded];

/// Hands a request on, and keeps its refusal.
pub(crate) async fn watch(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = request.extensions().get::<RequestContext>().and_then(asked);
    let response = next.run(request).await;
    let slug = response.extensions().get::<Shown>().and_then(Shown::slug);
    let refused = WATCHED.into_iter().find(|watched| slug == Some(watched.slug()));
    if let (Some(refused), Some((person, operation))) = (refused, asked) {
        let actor = Actor::person("user", &person).for_purpose(refused.slug());
        let concerns = format!("operation#{operation}");
        let noted = app.store().note(actor, Act::Refused, &concerns, app.now(), app.random()).await;
        // The refusal stands all the same, and says nothing more.
        if let Err(error) = noted {
            tracing::error!(%error, "refusal not kept in the audit");
        }
    }
    response
}

/// Who asks for which operation, by its pattern: what stands in the path is the caller's and might be anything.
fn asked(context: &RequestContext) -> Option<(String, String)> {
    let RequestContext::ApiGatewayV1(context) = context else { return None };
    let person = context.authorizer.fields.get("sub")?.as_str()?.to_owned();
    let method = context.http_method.as_str();
    Some((person, format!("{method} {}", context.resource_path.as_deref().unwrap_or_default())))
}
