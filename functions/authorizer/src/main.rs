//! Starts the authorizer.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::event(&[Variable::SessionSecret], authorizer::authorize).await
}
