//! Starts the school function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables =
        [Variable::BlindSecret, Variable::ImportsBucket, Variable::ImportQueueUrl, Variable::PersonalKeyArn];
    edge::start::http(&variables, school::routes()).await
}
