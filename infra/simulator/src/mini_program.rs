//! Our mini program at WeChat (小程序订阅消息模拟): tokens, sign-ins, who has subscribed to what, and what arrived.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dice::Dice;

/// Our number there.
pub const APP_ID: &str = "wxfictive00000001";
/// The secret that belongs to it.
pub const APP_SECRET: &str = "fictiveappsecret0000000000000001";
/// The template of attendance.
pub const ATTENDANCE: &str = "TPL-ATTENDANCE-FICTIVE";
/// The template of decided leave.
pub const LEAVE: &str = "TPL-LEAVE-FICTIVE";
/// Its name in the tests.
pub const HOST: &str = "api.weixin.qq.com";

/// How long a token is good.
const TOKEN_SECONDS: i64 = 7200;
/// How often a day a token may be taken away before its time.
const FORCED: u32 = 20;
/// Most characters of a field by its kind.
const LONGEST: [(&str, usize); 4] = [("name", 10), ("phrase", 5), ("thing", 20), ("time", 32)];

/// What goes wrong, for everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct MiniProgramFaults {
    /// Every message is answered with this number and not taken: 45009, 43107, -1.
    pub answers: i64,
    /// The token is over before its time, though WeChat goes on giving it.
    pub token_stuck: bool,
    /// Messages arrive twice.
    pub duplicate: bool,
    /// Messages arrive, and their answers have status 502.
    pub silent: bool,
    /// Answers have status 502, and nothing was done.
    pub down: bool,
    /// Answers are half a JSON document.
    pub broken: bool,
    /// Answers take so long, where they are carried.
    pub slow_seconds: u64,
}

/// A message that has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Arrived {
    /// To whom.
    pub open_id: String,
    /// By which template.
    pub template: String,
    /// What it says, by field.
    pub fields: BTreeMap<String, String>,
    /// When.
    pub at: Timestamp,
}

#[derive(Debug, Clone)]
struct Token {
    text: String,
    until: Timestamp,
    over: bool,
}

/// The mini program.
#[derive(Debug)]
pub struct MiniProgram {
    dice: Dice,
    token: Option<Token>,
    forced: u32,
    tokens_given: u32,
    codes: BTreeMap<String, String>,
    refuses: BTreeSet<(String, String)>,
    arrived: Vec<Arrived>,
    faults: MiniProgramFaults,
}

impl MiniProgram {
    /// A mini program that nobody has used. The seed decides its numbers.
    pub fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            token: None,
            forced: 0,
            tokens_given: 0,
            codes: BTreeMap::new(),
            refuses: BTreeSet::new(),
            arrived: Vec::new(),
            faults: MiniProgramFaults::default(),
        }
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&mut self, faults: MiniProgramFaults) {
        self.faults = faults;
    }

    /// What goes wrong.
    pub const fn faults(&self) -> &MiniProgramFaults {
        &self.faults
    }

    /// Somebody opens the mini program: the code by which we learn who it is, once.
    pub fn sign_in(&mut self, open_id: &str) -> String {
        let code = self.dice.hex(32);
        self.sign_in_by(&code, open_id);
        code
    }

    /// The same with a code of your choice.
    pub fn sign_in_by(&mut self, code: &str, open_id: &str) {
        self.codes.insert(code.to_owned(), open_id.to_owned());
    }

    /// Somebody takes no more messages of a template.
    pub fn refuse(&mut self, open_id: &str, template: &str) {
        self.refuses.insert((open_id.to_owned(), template.to_owned()));
    }

    /// Somebody takes them again.
    pub fn accept(&mut self, open_id: &str, template: &str) {
        self.refuses.remove(&(open_id.to_owned(), template.to_owned()));
    }

    /// The token that is good now is so no more.
    pub const fn end_token(&mut self) {
        if let Some(token) = &mut self.token {
            token.over = true;
        }
    }

    /// What has arrived, the oldest first.
    pub fn arrived(&self) -> &[Arrived] {
        &self.arrived
    }

    /// How many tokens were given that had not been given before.
    pub const fn tokens_given(&self) -> u32 {
        self.tokens_given
    }

    /// Answers a call.
    pub fn call(&mut self, request: &Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        if self.faults.down {
            return answer(StatusCode::BAD_GATEWAY, "<html>502</html>");
        }
        let query = parameters(request.uri().query().unwrap_or_default());
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let value = match (request.method(), request.uri().path()) {
            (&Method::POST, "/cgi-bin/stable_token") => self.stable_token(&body, now),
            (&Method::GET, "/sns/jscode2session") => self.session(&query),
            (&Method::POST, "/cgi-bin/message/subscribe/send") => self.send(&query, &body, now),
            _ => return answer(StatusCode::NOT_FOUND, "<html>404</html>"),
        };
        let text = value.to_string();
        if self.faults.silent && request.uri().path().ends_with("/send") {
            return answer(StatusCode::BAD_GATEWAY, "<html>502</html>");
        }
        if self.faults.broken {
            return answer(StatusCode::OK, &text.chars().take(text.chars().count() / 2).collect::<String>());
        }
        answer(StatusCode::OK, &text)
    }

    /// The same token for everybody who asks, until it is over or taken away.
    fn stable_token(&mut self, body: &Value, now: Timestamp) -> Value {
        let field = |name: &str| body[name].as_str().unwrap_or_default();
        if field("grant_type") != "client_credential" || field("appid") != APP_ID {
            return json!({"errcode": 40_013, "errmsg": "invalid appid"});
        }
        if field("secret") != APP_SECRET {
            return json!({"errcode": 40_125, "errmsg": "invalid appsecret"});
        }
        let force = body["force_refresh"] == json!(true);
        if force && self.forced >= FORCED {
            return json!({"errcode": 45_009, "errmsg": "reach max api daily quota limit"});
        }
        let is_good = |token: &Token| now < token.until && (!token.over || self.faults.token_stuck);
        if force || !self.token.as_ref().is_some_and(is_good) {
            self.forced += u32::from(force);
            self.tokens_given += 1;
            let until = now.saturating_add(SignedDuration::from_secs(TOKEN_SECONDS)).unwrap_or(Timestamp::MAX);
            self.token = Some(Token { text: self.dice.hex(64), until, over: false });
        }
        let Some(token) = &self.token else { return json!({"errcode": -1, "errmsg": "system error"}) };
        json!({"access_token": token.text, "expires_in": token.until.duration_since(now).as_secs()})
    }

    fn session(&mut self, query: &BTreeMap<String, String>) -> Value {
        let value = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        if (value("appid"), value("secret"), value("grant_type")) != (APP_ID, APP_SECRET, "authorization_code") {
            return json!({"errcode": 40_013, "errmsg": "invalid appid"});
        }
        // Whatever comes of it, a code is asked with once.
        match self.codes.remove(value("js_code")) {
            Some(open_id) => json!({"openid": open_id, "session_key": "ZmljdGl2ZQ=="}),
            None => json!({"errcode": 40_029, "errmsg": "invalid code"}),
        }
    }

    fn send(&mut self, query: &BTreeMap<String, String>, body: &Value, now: Timestamp) -> Value {
        let given = query.get("access_token").map(String::as_str).unwrap_or_default();
        match &self.token {
            Some(token) if token.text == given && !token.over && now < token.until => {}
            Some(token) if token.text == given => return json!({"errcode": 42_001, "errmsg": "access_token expired"}),
            _ => return json!({"errcode": 40_001, "errmsg": "invalid credential"}),
        }
        if self.faults.answers != 0 {
            return json!({"errcode": self.faults.answers, "errmsg": "as told"});
        }
        let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (open_id, template) = (field("touser"), field("template_id"));
        if open_id.is_empty() {
            return json!({"errcode": 40_003, "errmsg": "invalid openid"});
        }
        if ![ATTENDANCE, LEAVE].contains(&template.as_str()) {
            return json!({"errcode": 40_037, "errmsg": "invalid template_id"});
        }
        if self.refuses.contains(&(open_id.clone(), template.clone())) {
            return json!({"errcode": 43_101, "errmsg": "user refuse to accept the msg"});
        }
        let Some(fields) = fields(&body["data"]) else {
            return json!({"errcode": 47_003, "errmsg": "argument invalid"});
        };
        let message = Arrived { open_id, template, fields, at: now };
        if self.faults.duplicate {
            self.arrived.push(message.clone());
        }
        self.arrived.push(message);
        json!({"errcode": 0, "errmsg": "ok"})
    }
}

/// What a message says, if every field has what its kind carries.
fn fields(data: &Value) -> Option<BTreeMap<String, String>> {
    let read = |(name, value): (&String, &Value)| {
        let text = value["value"].as_str().filter(|text| !text.is_empty())?;
        let kind = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let (_, longest) = LONGEST.iter().find(|(known, _)| *known == kind)?;
        (text.chars().count() <= *longest).then(|| (name.clone(), text.to_owned()))
    };
    data.as_object().filter(|fields| !fields.is_empty())?.iter().map(read).collect()
}

fn answer(status: StatusCode, body: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert("Content-Type", HeaderValue::from_static("application/json;charset=UTF-8"));
    response
}

/// The parameters of a query, which here are plain.
fn parameters(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        Timestamp::from_second(1_788_220_800).unwrap()
    }

    fn post(program: &mut MiniProgram, path: &str, body: &Value, now: Timestamp) -> Value {
        let request = Request::post(format!("https://{HOST}{path}")).body(Bytes::from(body.to_string())).unwrap();
        serde_json::from_slice(program.call(&request, now).body()).unwrap_or_default()
    }

    fn token(program: &mut MiniProgram, force: bool, now: Timestamp) -> String {
        let wanted = json!({
            "grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET, "force_refresh": force,
        });
        post(program, "/cgi-bin/stable_token", &wanted, now)["access_token"].as_str().unwrap().to_owned()
    }

    #[test]
    fn everybody_is_given_the_same_token_until_it_is_over_or_taken_away() {
        let mut program = MiniProgram::new(7);
        let first = token(&mut program, false, start());
        assert_eq!(token(&mut program, false, start()), first);
        let later = start() + SignedDuration::from_secs(TOKEN_SECONDS);
        assert_ne!(token(&mut program, false, later), first);
        let known = token(&mut program, false, later);
        assert_ne!(token(&mut program, true, later), known);
        assert_eq!(program.tokens_given(), 3);
    }

    #[test]
    fn a_message_arrives_if_it_is_wanted_and_reads() {
        let mut program = MiniProgram::new(7);
        let token = token(&mut program, false, start());
        let path = format!("/cgi-bin/message/subscribe/send?access_token={token}");
        let message =
            |remark: &str| json!({"touser": "o1", "template_id": ATTENDANCE, "data": {"thing5": {"value": remark}}});
        let code = |program: &mut MiniProgram, body: &Value| post(program, &path, body, start())["errcode"].clone();
        assert_eq!(code(&mut program, &message("已到课")), 0);
        assert_eq!(code(&mut program, &message(&"长".repeat(21))), 47_003);
        assert_eq!(code(&mut program, &json!({"touser": "o1", "template_id": "x"})), 40_037);
        program.refuse("o1", ATTENDANCE);
        assert_eq!(code(&mut program, &message("已到课")), 43_101);
        program.accept("o1", ATTENDANCE);
        program.end_token();
        assert_eq!(code(&mut program, &message("已到课")), 42_001);
        assert_eq!(program.arrived().len(), 1);
    }
}
