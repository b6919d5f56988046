//! Starts the attendance function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::http(&[Variable::PersonalKeyArn, Variable::NoticeQueueUrl], attendance::routes()).await
}
