//! Starts the teaching-class function.

use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::http(&[], teaching_class::routes()).await
}
