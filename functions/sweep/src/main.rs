//! Starts the sweep.

use edge::Variable;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variables = [
        Variable::WechatSecret,
        Variable::WechatBaseUrl,
        Variable::PublicUrl,
        Variable::ArchiveQueueUrl,
        Variable::ImportQueueUrl,
    ];
    edge::start::event(&variables, |app, _tick| async move { Ok(sweep::sweep(app).await) }).await
}
