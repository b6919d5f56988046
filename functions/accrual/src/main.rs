//! Starts the accrual.

use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    edge::start::event(&[], |app, _tick| async move {
        let report = Box::pin(accrual::run(&app)).await;
        match report.worst {
            // The next run of the night goes on; what failed is to be seen as an error of the function.
            Some(fault) => Err(fault.into()),
            None => Ok(report.json()),
        }
    })
    .await
}
