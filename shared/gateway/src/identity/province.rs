//! The province's unified identity (广东省统一身份认证平台): OAuth 2 with a code, and a secret that only we know. B1.2.
//!
//! The platform takes secret and token in the query, by GET: they go from here to there only, and no address of this
//! file is ever shown. There is no PKCE, no signature and no discovery; what is asserted rests on TLS.

use std::fmt;

use bytes::Bytes;
use domain::Pii;
use domain::identifier::mobile_phone;
use domain::sign_in::Identified;
use http::{Method, Request, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;

use super::{IdentityError, IdentitySetupError};
use crate::http::Http;

/// The longest answer that is read: a person's record is a few hundred bytes.
const LARGEST_ANSWER_BYTES: usize = 64 * 1024;
/// The longest code or token that is passed on.
const LONGEST_TOKEN: usize = 2048;
/// Most characters of a name.
const LONGEST_NAME: usize = 64;

/// Our account at the platform.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvinceSettings {
    /// Our number there.
    pub client_id: String,
    /// The secret that belongs to it.
    pub client_secret: String,
    /// What the paths begin with: `/pscp/sso`, on older installations `/tif/sso`.
    #[serde(default = "present_prefix")]
    pub path_prefix: String,
    /// Under which name of `extProperties` the phone is told.
    #[serde(default = "mobile")]
    pub phone_property: String,
}

fn present_prefix() -> String {
    "/pscp/sso".to_owned()
}

fn mobile() -> String {
    "mobile".to_owned()
}

/// The platform with our account.
#[derive(Clone)]
pub struct Province {
    settings: ProvinceSettings,
    base: String,
    return_url: String,
    http: Http,
}

impl fmt::Debug for Province {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Province").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    errcode: Value,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct PersonAnswer {
    #[serde(default)]
    errcode: Value,
    userobj: Option<Person>,
}

/// What we read of a person. The number of the identity document is not asked for, and not read when it comes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    #[serde(default)]
    cn: String,
    #[serde(default)]
    user_type: String,
    #[serde(default)]
    creditable_level_of_account: String,
    #[serde(default)]
    is_real: Value,
    #[serde(default)]
    ext_properties: Vec<String>,
}

impl Province {
    pub(super) fn new(
        settings: ProvinceSettings,
        base_url: &str,
        return_url: &str,
        http: Http,
    ) -> Result<Self, IdentitySetupError> {
        if settings.client_id.is_empty() || settings.client_secret.is_empty() {
            return Err(IdentitySetupError("client"));
        }
        if !settings.path_prefix.starts_with('/') || settings.path_prefix.ends_with('/') {
            return Err(IdentitySetupError("path_prefix"));
        }
        // A secret travels in the address: in the clear only within this machine.
        if !base_url.starts_with("https://") && !base_url.starts_with("http://127.0.0.1:") {
            return Err(IdentitySetupError("base address"));
        }
        let base = format!("{base_url}{}/connect/page/oauth2", settings.path_prefix);
        Ok(Self { settings, base, return_url: return_url.to_owned(), http })
    }

    pub(super) fn authorize_url(&self, state: &str) -> String {
        let parameters = [
            ("client_id", self.settings.client_id.as_str()),
            ("service", "initService"),
            ("scope", "all"),
            ("response_type", "code"),
            ("redirect_uri", &self.return_url),
            ("state", state),
        ];
        format!("{}/authorize?{}", self.base, query(&parameters))
    }

    pub(super) async fn identify(&self, code: &str) -> Result<Identified, IdentityError> {
        if code.is_empty() || code.len() > LONGEST_TOKEN {
            return Err(IdentityError::Refused);
        }
        let parameters = [
            ("client_id", self.settings.client_id.as_str()),
            ("client_secret", &self.settings.client_secret),
            ("code", code),
            ("scope", "all"),
            ("grant_type", "authorization_code"),
            ("redirect_uri", &self.return_url),
        ];
        let answer: TokenAnswer = read(&self.get("access_token", &parameters).await?)?;
        refused(&answer.errcode)?;
        let token = answer.access_token.filter(|token| (1..=LONGEST_TOKEN).contains(&token.len()));
        let token = token.ok_or(IdentityError::Malformed("access_token"))?;
        let answer: PersonAnswer = read(&self.get("tokeninfo", &[("access_token", &token)]).await?)?;
        refused(&answer.errcode)?;
        self.identified(&answer.userobj.ok_or(IdentityError::Malformed("userobj"))?)
    }

    fn identified(&self, person: &Person) -> Result<Identified, IdentityError> {
        let name = person.cn.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(IdentityError::Malformed("cn"));
        }
        let property = |text: &String| {
            let (name, value) = text.split_once('=')?;
            (name.trim() == self.settings.phone_property).then(|| value.trim().to_owned())
        };
        let phone = person.ext_properties.iter().find_map(property);
        let level = person.creditable_level_of_account.trim().to_ascii_uppercase();
        Ok(Identified {
            name: Pii::new(name.to_owned()),
            phone: phone.filter(|phone| mobile_phone(phone).is_ok()).map(Pii::new),
            real: is_true(&person.is_real),
            assurance: level.strip_prefix('L').and_then(|digit| digit.parse().ok()).unwrap_or_default(),
            natural: person.user_type.eq_ignore_ascii_case("person"),
        })
    }

    async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Bytes, IdentityError> {
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("{}/{path}?{}", self.base, query(parameters)))
            .header(header::ACCEPT, "application/json")
            .body(Bytes::new())
            // The builder's own words could quote the address.
            .map_err(|_unsendable| IdentityError::Malformed("parameters"))?;
        let answer = self.http.send(request).await.map_err(IdentityError::NoAnswer)?;
        let (status, body) = (answer.status(), answer.into_body());
        if body.len() > LARGEST_ANSWER_BYTES {
            return Err(IdentityError::Malformed("length"));
        }
        match status {
            // A refusal is told in the body, whatever the status.
            StatusCode::OK | StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => Ok(body),
            other => Err(IdentityError::Status(other.as_u16())),
        }
    }
}

/// The reader's own words could quote the answer, so they are left out.
fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, IdentityError> {
    serde_json::from_slice(body).map_err(|_unreadable| IdentityError::Malformed("JSON"))
}

/// An error code of zero, or none at all, says that all is well.
fn refused(errcode: &Value) -> Result<(), IdentityError> {
    let well = match errcode {
        Value::Null => true,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => matches!(text.as_str(), "" | "0"),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    };
    if well { Ok(()) } else { Err(IdentityError::Refused) }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "y"),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Parameters as a query, each byte that is not plain written as its number.
fn query(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings() -> ProvinceSettings {
        serde_json::from_value(json!({"client_id": "c", "client_secret": "s&cret"})).unwrap()
    }

    fn province() -> Province {
        let http = Http::new(aws_smithy_runtime_api::client::http::SharedHttpConnector::new(Nobody));
        Province::new(settings(), "https://tyrz.invalid", "https://here.invalid/back?x=1", http).unwrap()
    }

    #[derive(Debug)]
    struct Nobody;

    impl aws_smithy_runtime_api::client::http::HttpConnector for Nobody {
        fn call(
            &self,
            _request: aws_smithy_runtime_api::client::orchestrator::HttpRequest,
        ) -> aws_smithy_runtime_api::client::http::HttpConnectorFuture {
            aws_smithy_runtime_api::client::http::HttpConnectorFuture::new(std::future::pending())
        }
    }

    #[test]
    fn b1_2_the_browser_is_sent_to_the_platform_without_our_secret() {
        let province = province();
        let url = province.authorize_url("st8");
        assert_eq!(
            url,
            "https://tyrz.invalid/pscp/sso/connect/page/oauth2/authorize?client_id=c&service=initService&scope=all\
             &response_type=code&redirect_uri=https%3A%2F%2Fhere.invalid%2Fback%3Fx%3D1&state=st8"
        );
        assert!(!url.contains("cret") && !format!("{province:?}").contains("cret"));
    }

    #[test]
    fn k5_1_settings_that_would_tell_the_secret_are_refused() {
        let http = || province().http;
        let made = |base: &str| Province::new(settings(), base, "https://here.invalid", http()).is_ok();
        assert!(made("https://tyrz.invalid") && made("http://127.0.0.1:9"));
        assert!(!made("http://tyrz.invalid") && !made("ftp://tyrz.invalid") && !made("http://127.0.0.1.invalid"));
        let odd = ProvinceSettings { path_prefix: "pscp".to_owned(), ..settings() };
        assert!(Province::new(odd, "https://tyrz.invalid", "", http()).is_err());
    }

    #[test]
    fn b1_2_what_the_platform_says_is_read_with_care() {
        let of = |person: Value| province().identified(&serde_json::from_value(person).unwrap());
        let full = json!({
            "cn": " 王小明 ", "idCardNumber": "not read", "userType": "person", "creditableLevelOfAccount": "L2",
            "isReal": "true", "extProperties": ["x", "mobile=13812341234"], "more": {"a": 1},
        });
        let person = of(full.clone()).unwrap();
        assert_eq!(person.name.reveal(), "王小明");
        assert_eq!(person.phone.as_ref().map(|phone| phone.reveal().as_str()), Some("13812341234"));
        assert!(person.vouched().is_ok());
        let with = |name: &str, value: Value| {
            let mut other = full.clone();
            other[name] = value;
            of(other)
        };
        assert!(!with("isReal", json!(0)).unwrap().real && !with("isReal", Value::Null).unwrap().real);
        assert_eq!(with("creditableLevelOfAccount", json!("high")).unwrap().assurance, 0);
        assert!(!with("userType", json!("legal")).unwrap().natural);
        assert!(with("extProperties", json!(["mobile=call me"])).unwrap().phone.is_none());
        for name in ["", "王\u{0}", &"长".repeat(65)] {
            assert!(matches!(with("cn", json!(name)), Err(IdentityError::Malformed("cn"))));
        }
    }

    #[test]
    fn b1_2_an_error_code_is_a_refusal() {
        for well in [Value::Null, json!(0), json!("0"), json!("")] {
            assert!(refused(&well).is_ok(), "{well}");
        }
        for bad in [json!(1), json!("invalid_grant"), json!(true), json!({})] {
            assert!(matches!(refused(&bad), Err(IdentityError::Refused)), "{bad}");
        }
    }
}
