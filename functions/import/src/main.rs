//! Starts the import function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [Variable::BlindSecret, Variable::ImportsBucket, Variable::PersonalKeyArn];
    edge::start::queue(&variables, import::consume).await
}
