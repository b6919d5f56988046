//! Starts the import function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::queue(&[Variable::BlindSecret, Variable::ImportsBucket], import::consume).await
}
