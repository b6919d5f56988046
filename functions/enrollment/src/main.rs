//! Starts the enrollment function.

use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::http(&[], enrollment::routes()).await
}
