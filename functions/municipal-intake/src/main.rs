//! Starts the municipal intake.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [Variable::SupervisionSecret, Variable::SupervisionBaseUrl, Variable::PersonalKeyArn];
    edge::start::event(&variables, |app, _tick| async move {
        let report = Box::pin(municipal_intake::run(&app)).await;
        edge::telemetry::metric("InboundRecordsRefused", i64::from(report.refused), app.now());
        match report.fault {
            // The next run of the night goes on; what failed is to be seen as an error of the function.
            Some(fault) => Err(fault.into()),
            None => Ok(report.json()),
        }
    })
    .await
}
