//! Starts the leave function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::http(&[Variable::NoticeQueueUrl], leave::routes()).await
}
