//! Starts the sealer of the audit.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::event(&[Variable::AuditBucket, Variable::AuditSigningKey], |app, _tick| async move {
        let report = Box::pin(audit_seal::seal(app.clone())).await?;
        edge::telemetry::metric("OldestUnsealedAgeSeconds", report.oldest_seconds, app.now());
        Ok(report.json())
    })
    .await
}
