//! Starts the notify function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [Variable::MessageSecret, Variable::MessageBaseUrl, Variable::PersonalKeyArn];
    edge::start::queue(&variables, notify::consume).await
}
