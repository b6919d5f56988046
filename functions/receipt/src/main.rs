//! Starts the receipt function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [Variable::PersonalKeyArn, Variable::PublicUrl, Variable::SnapshotsBucket];
    edge::start::http(&variables, receipt::routes()).await
}
