//! Starts the bill run.

use domain::{Fault as _, Kind};
use edge::Variable;
use lambda_http::Error;

/// What the schedule of the night sends.
const NIGHT: &str = "night";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [
        Variable::WechatSecret,
        Variable::WechatBaseUrl,
        Variable::AlipaySecret,
        Variable::AlipayBaseUrl,
        Variable::ChinaumsSecret,
        Variable::ChinaumsBaseUrl,
        Variable::PublicUrl,
        Variable::BillsBucket,
    ];
    edge::start::event(&variables, |app, tick| async move {
        if tick.get("round").is_some_and(|round| round == NIGHT) {
            let night = Box::pin(bill_run::watch_with_channels(&app)).await??;
            edge::telemetry::metric("OpenMoneyLost", night.lost.into(), app.now());
            return Ok(night.json());
        }
        let report = Box::pin(bill_run::run_with_channels(&app)).await?;
        edge::telemetry::metric("BillsOverdue", report.overdue.into(), app.now());
        edge::telemetry::metric("DifferencesOpen", report.open.into(), app.now());
        match report.worst {
            // The next hour is the retry; what failed for good is to be seen as an error of the function.
            Some(fault) if fault.kind() != Kind::Unavailable => Err(fault.into()),
            _ => Ok(report.json()),
        }
    })
    .await
}
