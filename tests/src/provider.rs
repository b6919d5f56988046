//! The payment provider (支付通道) as the payer and the tester meet it: the pay page, the fault switches, what it knows.

use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;
use simulator::wechat::Faults;

use crate::address::Cloud;
use crate::client::{Answer, http, until};
use crate::failure::{Failure, Outcome, ensure};

/// The simulator.
#[derive(Debug, Clone)]
pub struct Provider {
    http: Client,
    base: String,
}

/// A notification and how far it got.
#[derive(Debug, Clone, Deserialize)]
pub struct Notification {
    /// The payment.
    pub out_trade_no: String,
    /// How often it went out.
    pub deliveries: u32,
    /// The last answer.
    pub last_status: Option<u16>,
    /// When it goes out next, if it does.
    pub due: Option<String>,
}

impl Provider {
    /// The simulator of a cloud.
    pub fn of(cloud: &Cloud) -> Outcome<Self> {
        Ok(Self { http: http()?, base: cloud.simulator.clone() })
    }

    /// Opens the pay page of a payment and presses 支付, as a person does; what the page says then.
    pub async fn press_pay(&self, payment_no: &str) -> Outcome<String> {
        let address = format!("{}/pay/{payment_no}", self.base);
        let page = Answer::of(self.http.get(&address)).await?;
        let shown = page.status == 200 && page.body.contains("<button>支付</button>");
        ensure(shown, || format!("the pay page of {payment_no} has no button 支付"))?;
        // The browser is sent back to the page.
        Ok(Answer::of(self.http.post(&address)).await?.body)
    }

    /// Pays without the page; the provider's number of the transaction, or why not.
    pub async fn pay(&self, payment_no: &str) -> Outcome<Result<String, String>> {
        self.paid(&format!("{}/_sim/pay/{payment_no}", self.base)).await
    }

    /// Pays what was closed already: the money was on its way.
    pub async fn pay_although_closed(&self, payment_no: &str) -> Outcome<Result<String, String>> {
        self.paid(&format!("{}/_sim/pay/{payment_no}?late=true", self.base)).await
    }

    /// Pays, so many days ago by the provider's clock.
    pub async fn pay_days_ago(&self, payment_no: &str, days: i64) -> Outcome<Result<String, String>> {
        self.paid(&format!("{}/_sim/pay/{payment_no}?days_ago={days}", self.base)).await
    }

    /// Opens a checkout of Alipay, signed as the platform gave it, and pays it.
    pub async fn pay_by_alipay(&self, checkout: &Value, payment_no: &str) -> Outcome<Result<String, String>> {
        let page = checkout.get("h5_url").and_then(Value::as_str).and_then(|url| url.split_once('?'));
        let (_, signed) = page.ok_or_else(|| Failure(format!("no page of Alipay: {checkout}")))?;
        let opened =
            Answer::of(self.http.post(format!("{}/_sim/alipay/open", self.base)).body(signed.to_owned())).await?;
        ensure(opened.status == 200, || format!("the checkout does not open: {}", opened.body))?;
        self.paid(&format!("{}/_sim/alipay/pay/{payment_no}", self.base)).await
    }

    async fn paid(&self, address: &str) -> Outcome<Result<String, String>> {
        let answer = Answer::of(self.http.post(address)).await?;
        let body: Value = answer.read(answer.status)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        match (answer.status, text("transaction_id"), text("code")) {
            (200, Some(transaction), _) => Ok(Ok(transaction)),
            (404 | 409, _, Some(code)) => Ok(Err(code)),
            _ => Err(Failure(format!("the simulator answers {body}"))),
        }
    }

    /// Sets what goes wrong for one payment.
    pub async fn break_payment(&self, payment_no: &str, faults: &Faults) -> Outcome<()> {
        self.put(&format!("/_sim/faults?payment={payment_no}"), faults).await
    }

    /// Takes the faults of one payment away.
    pub async fn mend_payment(&self, payment_no: &str) -> Outcome<()> {
        self.put(&format!("/_sim/faults?payment={payment_no}"), &Value::Null).await
    }

    /// Names a school on the pay page.
    pub async fn name_schools(&self, names: &Value) -> Outcome<()> {
        self.put("/_sim/schools", names).await
    }

    async fn put(&self, path: &str, body: &(impl serde::Serialize + Sync)) -> Outcome<()> {
        let answer = Answer::of(self.http.put(format!("{}{path}", self.base)).json(body)).await?;
        ensure(answer.status == 204, || format!("the simulator answers {} {}", answer.status, answer.body))
    }

    /// What the provider knows of a payment.
    pub async fn payment(&self, payment_no: &str) -> Outcome<Option<Value>> {
        let all: Vec<Value> = Answer::of(self.http.get(format!("{}/_sim/payments", self.base))).await?.read(200)?;
        let named = |one: &Value| one.get("out_trade_no").and_then(Value::as_str) == Some(payment_no);
        Ok(all.into_iter().find(named))
    }

    /// The notifications about a payment.
    pub async fn notifications(&self, payment_no: &str) -> Outcome<Vec<Notification>> {
        let address = format!("{}/_sim/callbacks", self.base);
        let all: Vec<Notification> = Answer::of(self.http.get(address)).await?.read(200)?;
        Ok(all.into_iter().filter(|one| one.out_trade_no == payment_no).collect())
    }

    /// The notification about a payment, once this holds of it.
    pub async fn notified(
        &self,
        payment_no: &str,
        seconds: u64,
        holds: impl Fn(&Notification) -> bool,
    ) -> Outcome<Notification> {
        until(&format!("notification about {payment_no}"), seconds, async || {
            Ok(self.notifications(payment_no).await?.into_iter().find(&holds))
        })
        .await
    }
}
