//! Messages (订阅消息): what a guardian has subscribed to, sent through our mini program at WeChat. P9.1.
//!
//! WeChat takes the token in the query, and the secret when it exchanges a sign-in: they go from here to there only, and
//! no address of this file is ever shown. The token is asked for in a way by which WeChat gives every environment the
//! same one, so that none of them makes that of another worthless.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use domain::fault::{Fault, Kind};
use domain::subscription::Topic;
use domain::teaching::telling::Letter;
use domain::{Moment, Pii};
use http::{Method, Request, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::ambient::Ambient;
use crate::http::{Http, HttpError};

/// The longest answer that is read: a token is half a kilobyte.
const LARGEST_ANSWER_BYTES: usize = 64 * 1024;
/// The longest code or token that is passed on.
const LONGEST_TOKEN: usize = 2048;
/// A token is asked for anew so long before it ends: WeChat keeps the old one alive for five minutes.
const RENEW_SECONDS: i64 = 300;

// What WeChat answers, by its numbers.
const WELL: i64 = 0;
const BUSY: i64 = -1;
/// The token is wrong, of the wrong kind, or over.
const TOKEN_REFUSED: [i64; 3] = [40_001, 40_014, 42_001];
/// The guardian refuses, has used up what was subscribed to, or is nobody.
const NOT_WANTED: [i64; 2] = [43_101, 40_003];
/// Too many today, too many this minute, or messages are blocked for a while.
const LIMITED: [i64; 3] = [45_009, 45_011, 43_107];
/// The code of a sign-in was never given, was used, or is of a user who is blocked.
const CODE_REFUSED: [i64; 3] = [40_029, 40_163, 40_226];

/// A template of a topic, and how its fields are called there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its number.
    pub id: String,
    /// The field of the child's name, as `name1`.
    pub name: String,
    /// The field of the class or the leave, as `thing2`.
    pub title: String,
    /// The field of the time, as `time3`.
    pub when: String,
    /// The field of the state, as `phrase4`.
    pub state: String,
    /// The field of the remark, as `thing5`.
    pub remark: String,
}

/// Our mini program.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageSettings {
    /// Its number at WeChat.
    pub app_id: String,
    /// The secret that belongs to it.
    pub app_secret: String,
    /// The page a message leads to.
    pub page: String,
    /// `formal`, `trial` or `developer`: which version of it opens.
    #[serde(default = "formal")]
    pub version: String,
    /// The templates; a topic without one is not sent.
    pub templates: BTreeMap<Topic, Template>,
}

fn formal() -> String {
    "formal".to_owned()
}

impl fmt::Debug for MessageSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageSettings").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

/// The settings cannot be used: which part of them.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("settings of the mini program are not usable: {0}")]
pub struct MessageSetupError(pub &'static str);

impl Fault for MessageSetupError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        "gateway/message-setup"
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// WeChat has it.
    Taken,
    /// The guardian does not take it, and will not until subscribing anew.
    NotWanted,
}

/// Why a message was not sent. Addresses carry secrets, so none of the texts holds one.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The topic has no template.
    #[error("no template for {0}")]
    NoTemplate(Topic),
    /// The code of a sign-in is not taken.
    #[error("code of a sign-in refused")]
    CodeRefused,
    /// No answer. WeChat may have sent it.
    #[error("WeChat does not answer")]
    NoAnswer(#[source] HttpError),
    /// WeChat is busy, or wants no more just now.
    #[error("WeChat takes no more just now: {0}")]
    Later(i64),
    /// The token is refused, and so is a new one.
    #[error("access token refused: {0}")]
    TokenRefused(i64),
    /// WeChat refuses what trying again does not mend: a template or a field of it.
    #[error("message refused: {0}")]
    Refused(i64),
    /// The answer has another status than those agreed upon.
    #[error("WeChat answers with status {0}")]
    Status(u16),
    /// The answer lacks something or reads otherwise than agreed upon.
    #[error("answer does not read: {0}")]
    Malformed(&'static str),
}

impl Fault for MessageError {
    fn kind(&self) -> Kind {
        match self {
            Self::CodeRefused => Kind::Refused,
            Self::NoTemplate(_) | Self::Refused(_) => Kind::Internal,
            Self::NoAnswer(_) | Self::Later(_) | Self::TokenRefused(_) | Self::Status(_) | Self::Malformed(_) => {
                Kind::Unavailable
            }
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::NoTemplate(_) => "gateway/message-template",
            Self::CodeRefused => "gateway/message-code",
            Self::NoAnswer(_) => "gateway/message-no-answer",
            Self::Later(_) => "gateway/message-later",
            Self::TokenRefused(_) => "gateway/message-token",
            Self::Refused(_) => "gateway/message-refused",
            Self::Status(_) => "gateway/message-status",
            Self::Malformed(_) => "gateway/message-malformed",
        }
    }
}

/// A token and the moment from which a new one is asked for.
#[derive(Clone)]
struct Token {
    text: Arc<str>,
    until: Moment,
}

/// Our mini program at WeChat.
#[derive(Clone)]
pub struct Messages {
    settings: MessageSettings,
    base: String,
    http: Http,
    ambient: Arc<dyn Ambient>,
    token: Arc<Mutex<Option<Token>>>,
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    errcode: i64,
    access_token: Option<String>,
    #[serde(default)]
    expires_in: i64,
}

#[derive(Deserialize)]
struct SessionAnswer {
    #[serde(default)]
    errcode: i64,
    openid: Option<String>,
}

#[derive(Deserialize)]
struct SendAnswer {
    errcode: i64,
}

impl Messages {
    /// Our mini program at `base_url`.
    pub fn new(
        settings: MessageSettings,
        base_url: &str,
        http: Http,
        ambient: Arc<dyn Ambient>,
    ) -> Result<Self, MessageSetupError> {
        let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_plain(&settings.app_id) || !is_plain(&settings.app_secret) {
            return Err(MessageSetupError("account"));
        }
        if settings.templates.values().any(|template| template.id.is_empty()) {
            return Err(MessageSetupError("templates"));
        }
        // A secret travels in the address: in the clear only within this machine.
        if !base_url.starts_with("https://") && !base_url.starts_with("http://127.0.0.1:") {
            return Err(MessageSetupError("base address"));
        }
        Ok(Self { settings, base: base_url.to_owned(), http, ambient, token: Arc::default() })
    }

    /// The numbers of the templates by topic: the mini program asks the guardian with them.
    pub fn templates(&self) -> impl Iterator<Item = (Topic, &str)> {
        self.settings.templates.iter().map(|(topic, template)| (*topic, template.id.as_str()))
    }

    /// Whose sign-in at the mini program a code is of. WeChat takes a code once.
    pub async fn open_id(&self, code: &str) -> Result<Pii<String>, MessageError> {
        let is_plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if code.is_empty() || code.len() > LONGEST_TOKEN || !is_plain {
            return Err(MessageError::CodeRefused);
        }
        let MessageSettings { app_id, app_secret, .. } = &self.settings;
        let path = format!(
            "/sns/jscode2session?appid={app_id}&secret={app_secret}&js_code={code}&grant_type=authorization_code"
        );
        let answer: SessionAnswer = self.call(Method::GET, &path, &Value::Null).await?;
        match answer.errcode {
            WELL => answer.openid.filter(|id| !id.is_empty()).map(Pii::new).ok_or(MessageError::Malformed("openid")),
            code if CODE_REFUSED.contains(&code) => Err(MessageError::CodeRefused),
            code => Err(fault(code)),
        }
    }

    /// Sends a letter to a guardian. A token that is over is renewed once.
    pub async fn send(&self, letter: &Letter, to: &Pii<String>) -> Result<Sent, MessageError> {
        let template = self.settings.templates.get(&letter.topic).ok_or(MessageError::NoTemplate(letter.topic))?;
        let message = self.message(template, letter, to);
        let token = self.token(None).await?;
        let mut code = self.send_with(&token, &message).await?;
        if TOKEN_REFUSED.contains(&code) {
            let renewed = self.token(Some(&token)).await?;
            code = self.send_with(&renewed, &message).await?;
        }
        match code {
            WELL => Ok(Sent::Taken),
            code if NOT_WANTED.contains(&code) => Ok(Sent::NotWanted),
            code => Err(fault(code)),
        }
    }

    fn message(&self, template: &Template, letter: &Letter, to: &Pii<String>) -> Value {
        let fields = [
            (&template.name, letter.name.as_str()),
            (&template.title, &letter.title),
            (&template.when, &letter.when),
            (&template.state, letter.state),
            (&template.remark, &letter.remark),
        ];
        let values: BTreeMap<&str, Value> =
            fields.into_iter().map(|(field, text)| (field.as_str(), json!({"value": text}))).collect();
        json!({
            "touser": to.reveal(),
            "template_id": template.id,
            "page": self.settings.page,
            "miniprogram_state": self.settings.version,
            "lang": "zh_CN",
            "data": values,
        })
    }

    async fn send_with(&self, token: &str, message: &Value) -> Result<i64, MessageError> {
        let path = format!("/cgi-bin/message/subscribe/send?access_token={token}");
        Ok(self.call::<SendAnswer>(Method::POST, &path, message).await?.errcode)
    }

    /// The token that is good now, and another one than `refused`. Whoever waits for it is given what the first one
    /// has fetched.
    async fn token(&self, refused: Option<&str>) -> Result<Arc<str>, MessageError> {
        let mut known = self.token.lock().await;
        let now = self.ambient.now();
        let good = |token: &&Token| now < token.until && refused != Some(token.text.as_ref());
        if let Some(token) = known.as_ref().filter(good) {
            return Ok(Arc::clone(&token.text));
        }
        let mut token = self.fetch_token(false).await?;
        if refused == Some(token.text.as_ref()) {
            // WeChat believes in a token that it refuses: only then it is made to give another one, which it does a few
            // times a day.
            token = self.fetch_token(true).await?;
        }
        let text = Arc::clone(&token.text);
        *known = Some(token);
        Ok(text)
    }

    async fn fetch_token(&self, force: bool) -> Result<Token, MessageError> {
        let MessageSettings { app_id, app_secret, .. } = &self.settings;
        let wanted = json!({
            "grant_type": "client_credential", "appid": app_id, "secret": app_secret, "force_refresh": force,
        });
        let asked_at = self.ambient.now();
        let answer: TokenAnswer = self.call(Method::POST, "/cgi-bin/stable_token", &wanted).await?;
        if answer.errcode != WELL {
            return Err(fault(answer.errcode));
        }
        let is_token = |text: &String| {
            (1..=LONGEST_TOKEN).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        let text = answer.access_token.filter(is_token).ok_or(MessageError::Malformed("access_token"))?;
        let until = asked_at.plus_seconds(answer.expires_in.saturating_sub(RENEW_SECONDS));
        Ok(Token { text: text.into(), until })
    }

    async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: &Value) -> Result<T, MessageError> {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            // The builder's own words could quote the address.
            .map_err(|_unsendable| MessageError::Malformed("parameters"))?;
        let answer = self.http.send(request).await.map_err(MessageError::NoAnswer)?;
        if answer.status() != StatusCode::OK {
            return Err(MessageError::Status(answer.status().as_u16()));
        }
        if answer.body().len() > LARGEST_ANSWER_BYTES {
            return Err(MessageError::Malformed("length"));
        }
        // The reader's own words could quote the answer, so they are left out.
        serde_json::from_slice(answer.body()).map_err(|_unreadable| MessageError::Malformed("JSON"))
    }
}

/// What a number means that is neither well nor the guardian's word.
fn fault(code: i64) -> MessageError {
    match code {
        BUSY => MessageError::Later(code),
        code if LIMITED.contains(&code) => MessageError::Later(code),
        code if TOKEN_REFUSED.contains(&code) => MessageError::TokenRefused(code),
        code => MessageError::Refused(code),
    }
}
