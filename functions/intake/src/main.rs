//! Starts the intake function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [Variable::SupervisionSecret, Variable::SupervisionBaseUrl, Variable::PersonalKeyArn];
    edge::start::http(&variables, intake::routes()).await
}
