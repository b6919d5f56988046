//! Starts the municipal push.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [Variable::SupervisionSecret, Variable::SupervisionBaseUrl, Variable::PersonalKeyArn];
    edge::start::queue(&variables, municipal_push::consume).await
}
