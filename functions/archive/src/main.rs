//! Starts the archive function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::queue(&[Variable::SnapshotsBucket], archive::consume).await
}
