//! Starts the municipal agreement: by its schedule, by hand, or by the queue of what somebody has asked for.

use aws_lambda_events::event::sqs::SqsEvent;
use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [
        Variable::SupervisionSecret,
        Variable::SupervisionBaseUrl,
        Variable::PersonalKeyArn,
        Variable::ReportSigningKey,
    ];
    edge::start::event(&variables, |app, event| async move {
        if event.get("Records").is_some() {
            let event: SqsEvent = serde_json::from_value(event)?;
            return Ok(serde_json::to_value(municipal_agreement::consume(app, event).await)?);
        }
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
