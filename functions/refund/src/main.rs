//! Starts the refund function.

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
        Variable::RefundQueueUrl,
    ];
    edge::start::http(&variables, refund::routes()).await
}
