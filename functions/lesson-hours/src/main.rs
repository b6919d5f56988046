//! Starts the lesson-hours function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::http(&[Variable::PersonalKeyArn], lesson_hours::routes()).await
}
