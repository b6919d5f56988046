//! Signing in (登录) as a browser does it: by the province's login page, or by password and second factor.

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use simulator::people::{self, Staff};

use crate::address::Cloud;
use crate::client::{Answer, Session, http};
use crate::failure::{Failure, Outcome, ensure};

/// Who signs in, by the phone bound at the province.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// For people: who it is.
    pub who: String,
    /// The name at the province.
    pub name: String,
    /// The phone bound there.
    pub phone: String,
}

/// A session's tokens.
#[derive(Debug, Clone, Deserialize)]
pub struct Tokens {
    /// For requests.
    pub access_token: String,
    /// For the next tokens.
    pub refresh_token: String,
}

/// What comes next in a sign-in by password.
#[derive(Debug, Clone, Deserialize)]
pub struct NextStep {
    /// The step.
    pub next: String,
    /// What it is answered with.
    pub ticket: Option<String>,
    /// The session, once signed in.
    pub session: Option<Tokens>,
    /// The second factor's secret, while it is set up.
    pub secret: Option<String>,
}

impl Login {
    /// A guardian.
    pub fn guardian(name: impl Into<String>, phone: impl Into<String>, who: impl Into<String>) -> Self {
        Self { who: who.into(), name: name.into(), phone: phone.into() }
    }

    /// A member of the demo's staff.
    pub fn staff(staff: &Staff) -> Self {
        let who = format!("{}({})", staff.title, staff.grant);
        Self { who, name: staff.name.to_owned(), phone: staff.phone.to_owned() }
    }

    /// Who holds this role.
    pub fn holder(grant: &str) -> Outcome<Self> {
        people::holder(grant).map(Self::staff).ok_or_else(|| Failure(format!("nobody of the demo is {grant}")))
    }

    /// The after-school administrator of a school.
    pub fn school_admin(school: &str) -> Outcome<Self> {
        Self::holder(&format!("school_admin@school:{school}"))
    }

    /// The platform's administrator.
    pub fn system_admin() -> Outcome<Self> {
        Self::holder("system_admin@platform")
    }
}

/// Signs in by the province: the page is opened, 登录 is pressed, and the browser comes back with a code.
pub async fn by_province(cloud: &Cloud, login: &Login) -> Outcome<Tokens> {
    let nobody = Session::nobody(cloud)?;
    let begun: Value = Answer::of(nobody.request(reqwest::Method::POST, "/sign-in/province")).await?.read(201)?;
    let text = |name: &str| begun.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (url, binding) = (text("authorize_url"), text("binding"));
    let back = press(&url, login).await?;
    let finish = json!({ "code": value(&back, "code")?, "state": value(&back, "state")?, "binding": binding });
    let request = nobody.request(reqwest::Method::POST, "/sign-in/province/finish").json(&finish);
    Answer::of(request).await?.read(201)
}

/// Opens the login page and presses 登录; where the browser is sent.
async fn press(url: &str, login: &Login) -> Outcome<String> {
    let page = Answer::of(http()?.get(url)).await?;
    let shown = page.status == 200 && page.body.contains("<button>登录</button>");
    ensure(shown, || format!("the login page has no button 登录: {} {}", page.status, page.body))?;
    let browser = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build()?;
    let form = format!("phone={}&name={}", login.phone, escaped(&login.name));
    let request = browser.post(url).header("Content-Type", "application/x-www-form-urlencoded").body(form);
    let answer = Answer::of(request).await?;
    let back = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok()).map(ToOwned::to_owned);
    back.ok_or_else(|| Failure(format!("the login page sends nobody back: {} {}", answer.status, answer.body)))
}

/// One step of a sign-in by password.
pub async fn step(cloud: &Cloud, path: &str, body: &Value) -> Outcome<NextStep> {
    let request = Session::nobody(cloud)?.request(reqwest::Method::POST, path).json(body);
    Answer::of(request).await?.read(200)
}

/// The next tokens of a session.
pub async fn refresh(cloud: &Cloud, refresh_token: &str) -> Outcome<Answer> {
    let body = json!({ "refresh_token": refresh_token });
    Answer::of(Session::nobody(cloud)?.request(reqwest::Method::POST, "/session/refresh").json(&body)).await
}

fn value(address: &str, name: &str) -> Outcome<String> {
    let (_, query) = address.split_once('?').unwrap_or_default();
    let found = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
    found.map(|(_, value)| value.to_owned()).ok_or_else(|| Failure(format!("the browser comes back without {name}")))
}

fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric();
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
