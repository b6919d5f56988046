//! Delivery of notifications (回调投递), to this machine only.

use std::time::Duration;

use http::{Request, StatusCode};
use simulator::wechat::Callback;
use tokio::task::JoinSet;

use crate::keep::{Keeper, now};

const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// The provider's patience.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who carries: without detours, and not for ever.
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build()
}

/// Carries what is due, for ever. One slow receiver does not hold up the others.
pub(crate) async fn deliver(keeper: Keeper) -> Result<(), reqwest::Error> {
    let client = client()?;
    let mut under_way = JoinSet::new();
    loop {
        let alipay_due = keeper.read_alipay(|provider| provider.next_due().is_some_and(|due| due <= now()));
        if alipay_due {
            for callback in keeper.change_alipay(|provider| provider.take_callbacks(now())) {
                under_way.spawn(carry(client.clone(), keeper.clone(), callback, Provider::Alipay));
            }
        }
        let is_due = keeper.read(|provider| provider.next_due().is_some_and(|due| due <= now()));
        let callbacks = if is_due { keeper.change(|provider| provider.take_callbacks(now())) } else { Vec::new() };
        for callback in callbacks {
            under_way.spawn(carry(client.clone(), keeper.clone(), callback, Provider::Wechat));
        }
        while under_way.try_join_next().is_some() {}
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Whose notification it is: one looks at the status of the answer, the other at its body.
#[derive(Clone, Copy)]
enum Provider {
    Wechat,
    Alipay,
}

async fn carry(client: reqwest::Client, keeper: Keeper, callback: Callback, provider: Provider) {
    let Callback { id, request } = callback;
    let url = request.uri().to_string();
    if !is_loopback(&request) {
        eprintln!("simulator: notification {id} not sent: {url} is not on this machine");
        return;
    }
    let Ok(request) = reqwest::Request::try_from(request) else { return };
    match client.execute(request).await {
        Ok(answer) => {
            let status = answer.status();
            let body = answer.text().await.unwrap_or_default();
            match provider {
                Provider::Wechat => keeper.change(|provider| provider.answered(&id, status)),
                Provider::Alipay => keeper.change_alipay(|provider| provider.answered(&id, body.as_bytes())),
            }
            if status != StatusCode::OK && status != StatusCode::NO_CONTENT {
                let body: String = body.chars().take(200).collect();
                eprintln!("simulator: notification {id} answered {status}: {body}");
            }
        }
        Err(error) => eprintln!("simulator: notification {id} not answered: {error}"),
    }
}

/// The keys are public, so what they sign must not leave this machine.
fn is_loopback<B>(request: &Request<B>) -> bool {
    let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']);
    let is_ip = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    request.uri().scheme_str() == Some("http") && (is_ip || host == "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_stay_on_this_machine() {
        let to = |url: &str| is_loopback(&Request::get(url).body(()).unwrap());
        assert!(to("http://127.0.0.1:4566/x"));
        assert!(to("http://localhost/x"));
        assert!(to("http://[::1]:8080/x"));
        assert!(!to("http://10.0.0.1/x"));
        assert!(!to("http://127.0.0.1.example.com/x"));
        assert!(!to("http://169.254.169.254/latest"));
        assert!(!to("https://127.0.0.1/x"), "there is no TLS here");
    }
}
