//! Starts the identity function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [
        Variable::SigningSecret,
        Variable::BlindSecret,
        Variable::IdentitySecret,
        Variable::IdentityBaseUrl,
        Variable::SignInReturnUrl,
        Variable::FirstAdministratorsSecret,
        Variable::PersonalKeyArn,
    ];
    edge::start::http(&variables, identity::routes()).await
}
