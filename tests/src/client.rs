//! A client (客户端) of the API: somebody signed in, requests and answers.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::address::Cloud;
use crate::failure::{Failure, Outcome, ensure};
use crate::sign_in::{Login, by_province};

/// Longer than API Gateway waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often something is asked again that takes its time.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// How often a request is sent again that found the system busy.
const BUSY_TRIES: u32 = 5;

/// A client that speaks to this machine only.
pub fn http() -> Outcome<Client> {
    Ok(Client::builder().no_proxy().timeout(PATIENCE).build()?)
}

/// Asks until there is an answer, or the time is over.
pub async fn until<T>(what: &str, seconds: u64, mut ask: impl AsyncFnMut() -> Outcome<Option<T>>) -> Outcome<T> {
    let asking = async {
        loop {
            if let Some(found) = ask().await? {
                return Ok(found);
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(seconds), asking).await;
    in_time.unwrap_or_else(|_over| Err(Failure(format!("{what}: not within {seconds} s"))))
}

/// Somebody at the API: signed in, or not.
#[derive(Debug, Clone)]
pub struct Session {
    http: Client,
    base: String,
    token: Option<String>,
}

impl Session {
    /// Somebody who is not signed in.
    pub fn nobody(cloud: &Cloud) -> Outcome<Self> {
        Ok(Self { http: http()?, base: cloud.api.clone(), token: None })
    }

    /// Signs in by the province, as a browser does.
    pub async fn sign_in(cloud: &Cloud, login: &Login) -> Outcome<Self> {
        Ok(Self::nobody(cloud)?.with_token(by_province(cloud, login).await?.access_token))
    }

    /// The same person over connections of their own: those of another runtime end with it.
    pub fn afresh(&self) -> Outcome<Self> {
        Ok(Self { http: http()?, ..self.clone() })
    }

    /// The same with this token.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// A request to be completed and sent by [`Answer::of`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Outcome<Answer> {
        unless_busy(|| self.request(Method::GET, path)).await
    }

    /// Submits under a key.
    pub async fn post(&self, path: &str, key: &str, body: &(impl Serialize + Sync)) -> Outcome<Answer> {
        unless_busy(|| self.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }
}

/// Sends what may be sent again: what is answered 503 is, as the interface asks of clients.
async fn unless_busy(request: impl Fn() -> RequestBuilder) -> Outcome<Answer> {
    for _ in 0..BUSY_TRIES {
        let answer = Answer::of(request()).await?;
        if answer.status != 503 {
            return Ok(answer);
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
    Answer::of(request()).await
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
    what: String,
}

/// A refusal, as far as a client reads it.
#[derive(Debug, Clone, Deserialize)]
pub struct Problem {
    /// `/problems/<slug>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sentence for people.
    pub detail: String,
    /// HTTP status.
    pub status: u16,
}

impl Answer {
    /// Sends a request.
    pub async fn of(request: RequestBuilder) -> Outcome<Self> {
        let (client, request) = request.build_split();
        let request = request?;
        let what = format!("{} {}", request.method(), request.url().path());
        let answer = client.execute(request).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Self { status, headers, body: answer.text().await?, what })
    }

    /// The body, if the status is the expected one.
    pub fn read<T: DeserializeOwned>(&self, status: u16) -> Outcome<T> {
        ensure(self.status == status, || self.complaint(&format!("expected {status}")))?;
        serde_json::from_str(&self.body).map_err(|error| Failure(self.complaint(&error.to_string())))
    }

    /// The refusal, if the status is the expected one.
    pub fn problem(&self, status: u16) -> Outcome<Problem> {
        let problem: Problem = self.read(status)?;
        let agrees = problem.status == status && problem.kind.starts_with("/problems/");
        ensure(agrees, || self.complaint("problem and status differ"))?;
        Ok(problem)
    }

    fn complaint(&self, why: &str) -> String {
        let shown: String = self.body.chars().take(400).collect();
        format!("{}: {why}, answered {} {shown}", self.what, self.status)
    }
}
