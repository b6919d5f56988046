//! Subscription messages against the simulated mini program: tokens, refusals, limits, answers that get lost. P9.1.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use domain::Pii;
use domain::fault::{Fault, Kind};
use domain::teaching::roll::Presence;
use domain::teaching::telling::{Fact, Letter, Occasion};
use gateway::ambient::Ambient;
use gateway::http::Http;
use gateway::message::{MessageError, Messages, Sent};
use jiff::civil::date;
use simulator::MiniProgram;
use simulator::mini_program::{ATTENDANCE, HOST, MiniProgramFaults};

use crate::world::{Clock, START};

/// The mini program behind the wire.
#[derive(Clone)]
struct Wire(Arc<Mutex<MiniProgram>>, Arc<Clock>);

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().unwrap();
        let request = request.map(|body| Bytes::copy_from_slice(body.bytes().unwrap()));
        let answer = self.0.lock().unwrap().call(&request, self.1.now().timestamp());
        let (status, body) = (answer.status(), answer.into_body());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.as_u16().try_into().unwrap(), SdkBody::from(body))))
    }
}

struct Ground {
    program: Arc<Mutex<MiniProgram>>,
    clock: Arc<Clock>,
    messages: Messages,
}

impl Ground {
    fn new() -> Self {
        let (program, clock) = (Arc::new(Mutex::new(MiniProgram::new(7))), Clock::new());
        let messages = messages(&program, &clock);
        Self { program, clock, messages }
    }

    fn program(&self) -> MutexGuard<'_, MiniProgram> {
        self.program.lock().unwrap()
    }

    async fn send(&self) -> Result<Sent, MessageError> {
        self.messages.send(&letter(), &Pii::new("oUser0".to_owned())).await
    }

    async fn fails(&self, faults: MiniProgramFaults) -> (Kind, &'static str) {
        self.program().set_faults(faults);
        let error = self.send().await.unwrap_err();
        self.program().set_faults(MiniProgramFaults::default());
        (error.kind(), error.slug())
    }
}

/// An environment of its own.
fn messages(program: &Arc<Mutex<MiniProgram>>, clock: &Arc<Clock>) -> Messages {
    let settings = serde_json::from_value(simulator::secrets()["message"].clone()).unwrap();
    let http = Http::new(SharedHttpConnector::new(Wire(Arc::clone(program), Arc::clone(clock))));
    Messages::new(settings, &format!("https://{HOST}"), http, clock.clone()).unwrap()
}

fn letter() -> Letter {
    let occasion = Occasion { title: "书法入门1班".to_owned(), date: date(2026, 9, 2), from_minute: Some(990) };
    Letter::of(Fact::Attended { was: None, is: Presence::Absent }, "王**".to_owned(), &occasion)
}

#[tokio::test]
async fn p9_1_a_letter_arrives_with_every_field_and_one_token_serves_all() {
    let ground = Ground::new();
    assert_eq!(ground.send().await.unwrap(), Sent::Taken);
    assert_eq!(
        messages(&ground.program, &ground.clock).send(&letter(), &Pii::new("oUser1".to_owned())).await.unwrap(),
        Sent::Taken
    );
    let program = ground.program();
    let fields: Vec<&str> = program.arrived()[0].fields.values().map(String::as_str).collect();
    assert_eq!(fields, ["王**", "未到课", "书法入门1班", "没有请假记录,请尽快联系老师", "2026年9月2日 16:30"]);
    assert_eq!((program.arrived().len(), program.tokens_given()), (2, 1));
}

#[tokio::test]
async fn p9_1_who_refuses_is_told_apart_from_what_fails() {
    let ground = Ground::new();
    ground.program().refuse("oUser0", ATTENDANCE);
    assert_eq!(ground.send().await.unwrap(), Sent::NotWanted);
    ground.program().accept("oUser0", ATTENDANCE);
    let with = |answers: i64| MiniProgramFaults { answers, ..MiniProgramFaults::default() };
    for later in [45_009, 43_107, -1] {
        assert_eq!(ground.fails(with(later)).await, (Kind::Unavailable, "gateway/message-later"), "{later}");
    }
    assert_eq!(ground.fails(with(40_037)).await, (Kind::Internal, "gateway/message-refused"));
    let down = MiniProgramFaults { down: true, ..MiniProgramFaults::default() };
    assert_eq!(ground.fails(down).await, (Kind::Unavailable, "gateway/message-status"));
    assert_eq!(ground.program().arrived(), []);
    let broken = MiniProgramFaults { broken: true, ..MiniProgramFaults::default() };
    assert_eq!(ground.fails(broken).await, (Kind::Unavailable, "gateway/message-malformed"));
    let silent = MiniProgramFaults { silent: true, ..MiniProgramFaults::default() };
    assert_eq!(ground.fails(silent).await.0, Kind::Unavailable, "it has arrived, and nobody says so");
    assert_eq!(ground.program().arrived().len(), 2);
}

#[tokio::test]
async fn p9_1_a_token_that_is_over_is_renewed_once() {
    let ground = Ground::new();
    ground.send().await.unwrap();
    ground.program().end_token();
    assert_eq!(ground.send().await.unwrap(), Sent::Taken);
    assert_eq!(ground.program().tokens_given(), 2);
    ground.clock.set(START + 6_901);
    ground.send().await.unwrap();
    assert_eq!(ground.program().tokens_given(), 2, "WeChat goes on giving the one that is good");
    ground.clock.set(START + 7_201);
    assert_eq!(ground.send().await.unwrap(), Sent::Taken);
    assert_eq!(ground.program().tokens_given(), 3);
    ground.program().set_faults(MiniProgramFaults { token_stuck: true, ..MiniProgramFaults::default() });
    ground.program().end_token();
    assert_eq!(ground.send().await.unwrap(), Sent::Taken, "one that WeChat believes in is taken away by force");
    assert_eq!(ground.program().tokens_given(), 4);
}

#[tokio::test]
async fn p9_1_a_code_names_its_guardian_once() {
    let ground = Ground::new();
    let code = ground.program().sign_in("oUser0");
    assert_eq!(ground.messages.open_id(&code).await.unwrap().reveal(), "oUser0");
    for refused in [code.as_str(), "", "no&code=x"] {
        let error = ground.messages.open_id(refused).await.unwrap_err();
        assert!(matches!(error, MessageError::CodeRefused), "{error:?}");
    }
}

#[test]
fn k3_settings_that_would_tell_the_secret_are_refused() {
    let ground = Ground::new();
    let made = |base: &str, secret: &str| {
        let mut settings = simulator::secrets()["message"].clone();
        settings["app_secret"] = secret.into();
        let http = Http::new(SharedHttpConnector::new(Wire(Arc::clone(&ground.program), Arc::clone(&ground.clock))));
        Messages::new(serde_json::from_value(settings).unwrap(), base, http, ground.clock.clone())
    };
    assert!(made("https://api.weixin.qq.com", "a1").is_ok() && made("http://127.0.0.1:9", "a1").is_ok());
    assert!(made("http://api.weixin.qq.com", "a1").is_err() && made("https://api.weixin.qq.com", "a&b").is_err());
    let shown = format!("{:?}", made("https://api.weixin.qq.com", "topsecret").unwrap());
    assert!(!shown.contains("topsecret"), "{shown}");
}
