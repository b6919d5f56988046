//! Starts the privacy function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::http(&[Variable::PersonalKeyArn, Variable::MessageSecret, Variable::MessageBaseUrl], privacy::routes())
        .await
}
