//! The ground: the operations over an empty platform, the province beside it, and a log in which nothing personal may
//! stand.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use domain::Pii;
use domain::audit::Actor;
use domain::directory::Guardian;
use domain::id::PersonId;
use domain::import::Keys as _;
use domain::user::User;
use edge::blind::Blind;
use serde_json::{Value, json};
use simulator::province::Account;
use store::{Commit, Versioned};
use testkit::World;
use testkit::stage::{Answered, Stage, Who, event, send};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// A member of staff whom the deployment lets in.
pub(crate) const SCHOOL_ADMIN: (&str, &str) = ("示例校管甲", "19800000102");
/// A guardian.
pub(crate) const GUARDIAN: (&str, &str) = ("示例家长甲", "19900000001");

/// Every line of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{}={value:?} ", field.name()).expect("a text");
    }
}

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        // The engine below the SDK speaks of every request; what runs in the cloud is told from `info` on.
        if *event.metadata().level() <= tracing::Level::INFO {
            let mut line = Line::default();
            event.record(&mut line);
            self.0.lock().expect("a log").push(line.0);
        }
    }
}

/// The platform with nobody in it.
pub(crate) struct Ground {
    pub(crate) stage: Stage,
    router: Router,
    log: Log,
    _logging: DefaultGuard,
}

/// A session's tokens.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(session: &Value) -> Self {
        let text = |name: &str| session[name].as_str().expect("a token").to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

impl Ground {
    pub(crate) fn new(world: &World) -> Self {
        let stage = Stage::new(world);
        let router = edge::start::router(stage.app(), identity::routes());
        let log = Log::default();
        let logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
        Self { stage, router, log, _logging: logging }
    }

    /// Sends a public request.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answered {
        let headers = [("Content-Type", "application/json")];
        let answered = send(&self.router, &event("POST", path, &Who::Nobody, &headers, Some(&body.to_string()))).await;
        assert_ne!(answered.status, 500, "{path}: {}", answered.text);
        answered
    }

    /// Sends a request with a token, through the authorizer.
    pub(crate) async fn as_person(&self, method: &str, path: &str, access: &str, body: Option<&Value>) -> Answered {
        let asked = json!({
            "authorizationToken": format!("Bearer {access}"),
            "methodArn": "arn:aws-cn:execute-api:cn-northwest-1:1:a/v1/GET/me",
        });
        let policy = authorizer::authorize(self.stage.app(), asked).await.expect("let in");
        let body = body.map(Value::to_string);
        let mut event = event(method, path, &Who::Nobody, &[("Content-Type", "application/json")], body.as_deref());
        event["requestContext"]["authorizer"] = policy["context"].clone();
        send(&self.router, &event).await
    }

    /// What an access token says, as the authorizer hands it on.
    pub(crate) async fn context(&self, access: &str) -> Value {
        let asked = json!({"authorizationToken": format!("Bearer {access}"), "methodArn": "arn:a/v1/GET/me"});
        authorizer::authorize(self.stage.app(), asked).await.expect("let in")["context"].clone()
    }

    /// Begins a sign-in; the address the browser goes to, and what it keeps.
    pub(crate) async fn begin(&self) -> (String, String) {
        let begun = self.post("/sign-in/province", &json!({})).await.json();
        let text = |name: &str| begun[name].as_str().expect("begun").to_owned();
        (text("authorize_url"), text("binding"))
    }

    /// Signs in at the province; the code and the state the browser comes back with.
    pub(crate) fn at_province(&self, url: &str, account: Account) -> (String, String) {
        let (_, query) = url.split_once('?').expect("a query");
        let back = self.stage.province().sign_in(query, account, self.stage.world.now()).expect("taken");
        let (_, query) = back.split_once('?').expect("a query");
        let value = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).expect("given").to_owned()
        };
        (value("code"), value("state"))
    }

    /// The whole way by the province.
    pub(crate) async fn come_in(&self, account: Account) -> Answered {
        let (url, binding) = self.begin().await;
        let (code, state) = self.at_province(&url, account);
        self.post("/sign-in/province/finish", &json!({"code": code, "state": state, "binding": binding})).await
    }

    /// The same for somebody who is let in.
    pub(crate) async fn tokens_of(&self, (name, phone): (&str, &str)) -> Tokens {
        let answered = self.come_in(Account::person(name, phone)).await;
        assert_eq!(answered.status, 201, "{}", answered.text);
        Tokens::of(&answered.json())
    }

    pub(crate) async fn refresh(&self, refresh: &str) -> Answered {
        self.post("/session/refresh", &json!({"refresh_token": refresh})).await
    }

    /// Who has this phone.
    pub(crate) async fn person(&self, phone: &str) -> PersonId {
        Blind::of(&self.stage.app()).await.expect("a key").guardian(phone)
    }

    fn commit(&self) -> Commit {
        Commit::new(Actor::system("ground"), "ground.set", self.stage.now())
    }

    /// Somebody has a child here.
    pub(crate) async fn add_guardian(&self, (name, phone): (&str, &str)) {
        let guardian = Guardian {
            id: self.person(phone).await,
            name: Pii::new(name.to_owned()),
            phone: Pii::new(phone.to_owned()),
            children: vec!["S000000000".parse().expect("a pupil")],
        };
        let mut commit = self.commit();
        commit.save_guardian(&Versioned::absent(guardian)).expect("a guardian");
        self.stage.app().store().commit(commit).await.expect("written");
    }

    /// An account as it is.
    pub(crate) async fn user(&self, phone: &str) -> Option<Versioned<User>> {
        let found = self.stage.app().store().user(&self.person(phone).await).await.expect("read");
        found.map(domain::access::Guarded::unguarded)
    }

    /// Somebody changes an account.
    pub(crate) async fn change_user(&self, phone: &str, change: impl FnOnce(&mut User)) {
        let mut user = self.user(phone).await.expect("an account");
        change(&mut user.value);
        let mut commit = self.commit();
        commit.save_user(&user).expect("a user");
        self.stage.app().store().commit(commit).await.expect("written");
    }

    /// Somebody changes a credential.
    pub(crate) async fn save_credential(&self, credential: &Versioned<domain::credential::Credential>) {
        let mut commit = self.commit();
        commit.save_credential(credential).expect("a credential");
        self.stage.app().store().commit(commit).await.expect("written");
    }

    /// The lines of the log, none of which may hold anything personal or secret.
    pub(crate) fn log(&self, secrets: &[&str]) -> Vec<String> {
        let lines = self.log.0.lock().expect("a log").clone();
        let personal =
            [SCHOOL_ADMIN.0, SCHOOL_ADMIN.1, GUARDIAN.0, GUARDIAN.1, "eyJ", "client_secret", "access_token="];
        for line in &lines {
            for secret in personal.iter().chain(secrets).chain(&[simulator::province::CLIENT_SECRET]) {
                assert!(!line.contains(secret), "{secret} stands in the log: {line}");
            }
        }
        lines
    }

    /// How often the security log says this.
    pub(crate) fn told(&self, what: &str) -> usize {
        self.log(&[]).iter().filter(|line| line.contains("security=true") && line.contains(what)).count()
    }
}
