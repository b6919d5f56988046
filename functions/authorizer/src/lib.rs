//! Authorizer (鉴权): who sends a request, by the session token it carries. K5.1.
//!
//! API Gateway asks it once a minute for each token and hands what it says to every function. It knows who somebody
//! is; what that person may do is decided where the thing is known.

mod token;

use edge::{App, Variable};
use gateway::secret::SecretError;
use lambda_http::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use token::{Session, TrustedKeys};

/// What API Gateway sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    #[serde(default)]
    authorization_token: String,
    method_arn: String,
}

/// Lets a request in, with who sends it; everybody else gets 401.
pub async fn authorize(app: App, event: Value) -> Result<Value, Error> {
    let asked: Asked = serde_json::from_value(event)?;
    let keys = keys(&app).await?;
    match keys.verify(&asked.authorization_token, app.now()) {
        Ok(session) => Ok(allow(&session, &asked.method_arn)),
        Err(reason) => {
            tracing::warn!(security = true, %reason, "token refused");
            // The very word by which API Gateway answers 401.
            Err("Unauthorized".into())
        }
    }
}

async fn keys(app: &App) -> Result<TrustedKeys, Error> {
    let name = app.variable(Variable::SessionSecret)?;
    Ok(app.secrets().get(name).await.inspect_err(|error: &SecretError| {
        tracing::error!(%error, "keys of sessions not readable");
    })?)
}

/// The answer is kept for all methods of the API, so the policy allows the whole stage.
fn allow(session: &Session, method_arn: &str) -> Value {
    let stage: Vec<&str> = method_arn.splitn(3, '/').take(2).collect();
    let grants: Vec<String> = session.grants.iter().map(ToString::to_string).collect();
    json!({
        "principalId": session.sub,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Action": "execute-api:Invoke",
                "Effect": "Allow",
                "Resource": format!("{}/*", stage.join("/")),
            }],
        },
        // API Gateway hands on texts only.
        "context": {
            "sub": session.sub, "sid": session.sid, "sv": session.sv.to_string(), "grants": grants.join(" "),
        },
    })
}
