//! A platform whose operations are asked one after another, and what it told of what went wrong.

use std::time::Duration;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edge::App;
use serde_json::{Value, json};
use testkit::stage::{ARCHIVE_QUEUE, Answered, IMPORT_QUEUE, Stage, Who, event, send};
use utoipa_axum::router::OpenApiRouter;

use crate::TERM;

/// A platform to which everything is sent, and what it told of what went wrong.
pub(crate) struct Platform {
    pub(crate) stage: Stage,
    pub(crate) problems: Vec<String>,
}

impl Platform {
    pub(crate) async fn ask(&mut self, routes: OpenApiRouter<App>, event: &Value) -> Answered {
        let function: Router = edge::start::router(self.stage.app(), routes);
        let answered = send(&function, event).await;
        if !answered.status.is_success() {
            self.problems.push(answered.text.clone());
        }
        answered
    }

    pub(crate) async fn done(&mut self, routes: OpenApiRouter<App>, event: &Value) -> Value {
        let answered = self.ask(routes, event).await;
        assert!(answered.status.is_success(), "{}", answered.text);
        answered.json()
    }

    /// A dry run of a file; its import.
    pub(crate) async fn submit(&mut self, kind: &str, bytes: &[u8]) -> Value {
        let body =
            json!({"kind": kind, "file_name": "名单.xlsx", "content_base64": STANDARD.encode(bytes)}).to_string();
        self.done(
            school::routes(),
            &event("POST", "/imports", &Who::Staff("system_admin@platform".to_owned()), &[], Some(&body)),
        )
        .await
    }

    /// A file from its upload to its last row.
    pub(crate) async fn bring(&mut self, kind: &str, bytes: &[u8]) {
        let checked = self.submit(kind, bytes).await;
        assert_eq!(checked["errors_total"], 0, "{kind}: {checked}");
        let path = format!("/imports/{}/apply", checked["import_id"].as_str().expect("an import"));
        let apply = event(
            "POST",
            &path,
            &Who::Staff("system_admin@platform".to_owned()),
            &[("Idempotency-Key", kind)],
            Some("{}"),
        );
        self.done(school::routes(), &apply).await;
        let messages = self.stage.world.take_messages(IMPORT_QUEUE, 1);
        let event = serde_json::from_value(testkit::event(&messages)).expect("an event of a queue");
        assert!(import::consume(self.stage.app(), event).await.batch_item_failures.is_empty(), "{kind}");
        for message in &messages {
            self.stage.world.settle(message);
        }
    }

    pub(crate) async fn children(&mut self, guardian: &str) -> Answered {
        self.ask(school::routes(), &event("GET", "/children", &Who::Guardian(guardian.to_owned()), &[], None)).await
    }

    pub(crate) async fn enroll(&mut self, guardian: &str, pupil: &str, offering: &str) -> Answered {
        let choices = json!([{"offering_id": offering}]);
        let body = json!({"student_id": pupil, "term": TERM, "choices": choices}).to_string();
        let who = Who::Guardian(guardian.to_owned());
        let key = format!("{pupil}-{}", self.problems.len());
        self.ask(enrollment::routes(), &event("POST", "/enrollments", &who, &[("Idempotency-Key", &key)], Some(&body)))
            .await
    }

    pub(crate) async fn pay(&mut self, guardian: &str, order: &str) -> Answered {
        let body = json!({"channel": "wechat", "method": "native"}).to_string();
        let (path, who) = (format!("/orders/{order}/payments"), Who::Guardian(guardian.to_owned()));
        self.ask(order::routes(), &event("POST", &path, &who, &[("Idempotency-Key", order)], Some(&body))).await
    }

    pub(crate) async fn callbacks(&mut self) {
        let callbacks = self.stage.provider().take_callbacks(self.stage.world.now());
        for callback in callbacks {
            let headers = callback.request.headers().iter();
            let headers: Vec<_> =
                headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
            let body = std::str::from_utf8(callback.request.body()).expect("text");
            let event = event("POST", "/callbacks/wechat", &Who::Nobody, &headers, Some(body));
            let answered = self.ask(payment_callback::routes(), &event).await;
            self.stage.provider().answered(&callback.id, answered.status);
        }
    }

    /// Time passes; what is due is looked at, what is woken is archived.
    pub(crate) async fn later(&mut self, seconds: u64) {
        self.stage.world.advance(Duration::from_secs(seconds)).await;
        sweep::sweep(self.stage.app()).await;
        let messages = self.stage.world.take_messages(ARCHIVE_QUEUE, 10);
        if !messages.is_empty() {
            let event = serde_json::from_value(testkit::event(&messages)).expect("an event of a queue");
            assert!(archive::consume(self.stage.app(), event).await.batch_item_failures.is_empty());
            for message in &messages {
                self.stage.world.settle(message);
            }
        }
    }
}
