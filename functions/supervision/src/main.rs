//! Starts the supervision function.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [
        Variable::SupervisionSecret,
        Variable::SupervisionBaseUrl,
        Variable::PersonalKeyArn,
        Variable::AgreementQueueUrl,
    ];
    edge::start::http(&variables, supervision::routes()).await
}
