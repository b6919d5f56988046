//! Starts the teaching-class function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::http(&[Variable::PersonalKeyArn], teaching_class::routes()).await
}
