//! Starts the sweep.

use edge::Variable;
use lambda_http::Error;

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
        Variable::ArchiveQueueUrl,
        Variable::ImportQueueUrl,
        Variable::RefundQueueUrl,
        Variable::NoticeQueueUrl,
        Variable::MunicipalQueueUrl,
        Variable::AgreementQueueUrl,
    ];
    edge::start::event(&variables, |app, _tick| async move {
        let report = Box::pin(sweep::sweep(app.clone())).await;
        edge::telemetry::metric("OldestTaskAgeSeconds", report.tasks.oldest_seconds, app.now());
        edge::telemetry::metric("OldestReportAgeSeconds", report.reports.oldest_seconds, app.now());
        Ok(report.json())
    })
    .await
}
