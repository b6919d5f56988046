//! Starts the municipal agreement.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [Variable::SupervisionSecret, Variable::SupervisionBaseUrl, Variable::PersonalKeyArn];
    edge::start::event(&variables, |app, event| async move {
        let report = Box::pin(municipal_agreement::run(&app, event)).await?;
        edge::telemetry::metric("RecordsThatDiffer", report.differences(), app.now());
        match report.fault {
            // The next run of the night goes on; what failed is to be seen as an error of the function.
            Some(fault) => Err(fault.into()),
            None => Ok(report.json()),
        }
    })
    .await
}
