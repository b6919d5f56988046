//! The province's unified identity (统一身份认证模拟): a code for whoever signs in, a token for the code, and who it is.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dice::Dice;

/// Our number at the platform.
pub const CLIENT_ID: &str = "zs_khfw_local";
/// The secret that belongs to it.
pub const CLIENT_SECRET: &str = "fictive-client-secret";
/// What its paths begin with.
pub const PREFIX: &str = "/pscp/sso/connect/page/oauth2";
/// Its name in the tests.
pub const HOST: &str = "tyrz.gd.gov.cn";

/// How long a code is good.
const CODE_MINUTES: i64 = 5;

/// A person's account at the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The mobile phone; empty when none is bound.
    pub phone: String,
    /// Whether the name was checked.
    pub real: bool,
    /// The assurance, 0 to 4.
    pub level: u8,
    /// Whether it is a company's.
    pub legal: bool,
}

/// What goes wrong at the platform, for everybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on a form")]
pub struct ProvinceFaults {
    /// Answers are half a JSON document.
    pub broken: bool,
    /// Answers are pages.
    pub page: bool,
    /// Answers are larger than anybody wants.
    pub oversized: bool,
    /// Answers have status 502.
    pub down: bool,
    /// Answers send elsewhere.
    pub redirects: bool,
    /// The person lacks a name.
    pub nameless: bool,
    /// The person is missing.
    pub nobody: bool,
    /// Answers take so long, where they are carried.
    pub slow_seconds: u64,
}

#[derive(Debug)]
struct Code {
    account: Account,
    redirect_uri: String,
    given_at: Timestamp,
}

/// The platform.
#[derive(Debug)]
pub struct Province {
    dice: Dice,
    codes: BTreeMap<String, Code>,
    tokens: BTreeMap<String, Account>,
    faults: ProvinceFaults,
}

impl Account {
    /// A person whose name was checked in person.
    pub fn person(name: impl Into<String>, phone: impl Into<String>) -> Self {
        Self { name: name.into(), phone: phone.into(), real: true, level: 2, legal: false }
    }
}

/// What the browser was sent with, if it was sent as agreed upon: where it goes back to, and the state.
pub fn asked(query: &str) -> Result<(String, String), &'static str> {
    let parameters = parameters(query);
    let value = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
    for (name, wanted) in
        [("client_id", CLIENT_ID), ("service", "initService"), ("scope", "all"), ("response_type", "code")]
    {
        if value(name) != wanted {
            return Err(name);
        }
    }
    let back = value("redirect_uri");
    let local = back.starts_with("http://127.0.0.1:") || back.contains(".invalid/");
    if local { Ok((back.to_owned(), value("state").to_owned())) } else { Err("redirect_uri") }
}

impl Province {
    /// A platform nobody has signed in at. The seed decides its numbers.
    pub fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
            faults: ProvinceFaults::default(),
        }
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&mut self, faults: ProvinceFaults) {
        self.faults = faults;
    }

    /// What goes wrong.
    pub fn faults(&self) -> ProvinceFaults {
        self.faults
    }

    /// Somebody presses 登录 after being sent with this query: where the browser is sent back to, or which parameter is
    /// wrong.
    pub fn sign_in(&mut self, query: &str, account: Account, now: Timestamp) -> Result<String, &'static str> {
        let (redirect_uri, state) = asked(query)?;
        let code = self.dice.hex(32);
        let separator = if redirect_uri.contains('?') { '&' } else { '?' };
        let back = format!("{redirect_uri}{separator}code={code}&state={state}");
        self.codes.insert(code, Code { account, redirect_uri, given_at: now });
        Ok(back)
    }

    /// Answers a call of the platform's clients.
    pub fn call(&mut self, request: &Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        let parameters = parameters(request.uri().query().unwrap_or_default());
        if request.method() != Method::GET {
            return answer(StatusCode::METHOD_NOT_ALLOWED, "");
        }
        let value = match request.uri().path().strip_prefix(PREFIX) {
            Some("/access_token") => self.access_token(&parameters, now),
            Some("/tokeninfo") => self.token_info(&parameters),
            _ => return answer(StatusCode::NOT_FOUND, "<html>404</html>"),
        };
        let text = value.to_string();
        match self.faults {
            ProvinceFaults { down: true, .. } => answer(StatusCode::BAD_GATEWAY, "<html>502</html>"),
            ProvinceFaults { page: true, .. } => answer(StatusCode::OK, "<html>系统维护</html>"),
            ProvinceFaults { oversized: true, .. } => answer(StatusCode::OK, &" ".repeat(3 * 1024 * 1024)),
            ProvinceFaults { broken: true, .. } => {
                answer(StatusCode::OK, &text.chars().take(text.chars().count() / 2).collect::<String>())
            }
            ProvinceFaults { redirects: true, .. } => {
                let mut response = answer(StatusCode::FOUND, "");
                response.headers_mut().insert("Location", HeaderValue::from_static("https://elsewhere.invalid/"));
                response
            }
            _ => answer(StatusCode::OK, &text),
        }
    }

    fn access_token(&mut self, parameters: &BTreeMap<String, String>, now: Timestamp) -> Value {
        let value = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
        let ours = (value("client_id"), value("client_secret")) == (CLIENT_ID, CLIENT_SECRET);
        if !ours || value("grant_type") != "authorization_code" || value("scope") != "all" {
            return json!({ "errcode": 10001, "msg": "client error" });
        }
        // Whatever comes of it, a code is asked with once.
        let Some(code) = self.codes.remove(value("code")) else {
            return json!({ "errcode": 10002, "msg": "code error" });
        };
        let late = now.duration_since(code.given_at) > SignedDuration::from_mins(CODE_MINUTES);
        if late || code.redirect_uri != value("redirect_uri") {
            return json!({ "errcode": 10003, "msg": "code or redirect_uri error" });
        }
        let token = self.dice.hex(40);
        self.tokens.insert(token.clone(), code.account);
        json!({ "access_token": token, "expires_in": 7200 })
    }

    fn token_info(&self, parameters: &BTreeMap<String, String>) -> Value {
        let Some(account) = parameters.get("access_token").and_then(|token| self.tokens.get(token)) else {
            return json!({ "errcode": 10004, "msg": "access_token error" });
        };
        if self.faults.nobody {
            return json!({ "errcode": 0 });
        }
        json!({
            "errcode": 0,
            "userobj": {
                "cn": if self.faults.nameless { "" } else { account.name.as_str() },
                "idCardType": "10",
                "idCardNumber": "44************0000",
                "userType": if account.legal { "legal" } else { "person" },
                "creditableLevelOfAccount": format!("L{}", account.level),
                "isReal": account.real,
                "extProperties": ["origin=simulator", format!("mobile={}", account.phone)],
            },
        })
    }
}

fn answer(status: StatusCode, body: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert("Content-Type", HeaderValue::from_static("application/json;charset=UTF-8"));
    response
}

/// The parameters of a query; of two with one name the last counts.
fn parameters(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits: Vec<u8> = rest.by_ref().take(2).collect();
            let digits = String::from_utf8_lossy(&digits).into_owned();
            bytes.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
        } else {
            bytes.push(if byte == b'+' { b' ' } else { byte });
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "client_id=zs_khfw_local&service=initService&scope=all&response_type=code\
                         &redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fback&state=st8";

    fn get(province: &mut Province, path: &str, now: Timestamp) -> Value {
        let request = Request::get(format!("https://{HOST}{PREFIX}/{path}")).body(Bytes::new()).unwrap();
        serde_json::from_slice(province.call(&request, now).body()).unwrap_or_default()
    }

    fn exchange(province: &mut Province, code: &str, now: Timestamp) -> Value {
        let path = format!(
            "access_token?client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&code={code}&scope=all\
             &grant_type=authorization_code&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fback"
        );
        get(province, &path, now)
    }

    #[test]
    fn a_code_is_good_once_and_for_five_minutes() {
        let now = Timestamp::from_second(1_788_220_800).unwrap();
        let mut province = Province::new(7);
        let mut code = || {
            let back = province.sign_in(QUERY, Account::person("王", "19900000001"), now).unwrap();
            assert!(back.starts_with("http://127.0.0.1:9/back?code=") && back.ends_with("&state=st8"));
            back.split(['=', '&']).nth(1).unwrap().to_owned()
        };
        let (first, second) = (code(), code());
        let token = exchange(&mut province, &first, now)["access_token"].as_str().unwrap().to_owned();
        let person = get(&mut province, &format!("tokeninfo?access_token={token}"), now);
        assert_eq!(person["userobj"]["extProperties"][1], "mobile=19900000001");
        assert_eq!(exchange(&mut province, &first, now)["errcode"], 10002);
        let late = now + SignedDuration::from_mins(6);
        assert_eq!(exchange(&mut province, &second, late)["errcode"], 10003);
        assert_eq!(get(&mut province, "tokeninfo?access_token=x", now)["errcode"], 10004);
    }

    #[test]
    fn the_browser_is_sent_back_to_a_test_only() {
        assert!(asked(QUERY).is_ok());
        assert_eq!(asked(&QUERY.replace("127.0.0.1%3A9", "example.com")), Err("redirect_uri"));
        assert_eq!(asked(&QUERY.replace("scope=all", "scope=one")), Err("scope"));
    }
}
