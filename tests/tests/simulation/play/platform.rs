//! What the platform does by itself, and what providers do to it: sweep, notifications, archive, payout, sealing.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use edge::App;
use futures::future::join_all;
use http::HeaderMap;
use simulator::wechat::Callback;
use testkit::stage::{ARCHIVE_QUEUE, Answered, NOTICE_QUEUE, REFUND_QUEUE, Who, event};

use super::Play;
use super::function::Worker;
use super::paying::Provider;
use crate::model;

impl Play<'_> {
    pub(super) async fn sweeper(&self) {
        let mut dice = self.dice(9_011);
        while self.acting.get() {
            self.wait(dice.u64(60..300)).await;
            self.sweep().await;
            if let Err(broken) = model::at_any_time(&self.stage, self.town) {
                self.break_promise(broken);
            }
            self.look_at_locks();
        }
    }

    async fn sweep(&self) {
        self.sweep.invoke(async |app| sweep::sweep(app.clone()).await).await;
    }

    /// Everything the platform does by itself, once.
    pub(super) async fn round(&self) {
        self.deliver().await;
        self.sweep().await;
        self.pay_out().await;
        self.archive().await;
        self.tell_families().await;
    }

    pub(super) async fn deliverer(&self) {
        while self.acting.get() {
            self.wait(7).await;
            self.deliver().await;
        }
    }

    /// Carries the providers' notifications; copies of one go side by side. How many there were.
    pub(super) async fn deliver(&self) -> usize {
        let now = self.stage.world.now();
        let callbacks = self.stage.provider().take_callbacks(now);
        let others = self.stage.alipay().take_callbacks(now);
        let carried = callbacks.iter().map(|callback| (Provider::Wechat, callback));
        let carried = carried.chain(others.iter().map(|callback| (Provider::Alipay, callback)));
        join_all(carried.map(|(provider, callback)| self.carry(provider, callback))).await.len()
    }

    async fn carry(&self, provider: Provider, callback: &Callback) {
        let path = if provider == Provider::Wechat { "/callbacks/wechat" } else { "/callbacks/alipay" };
        let headers = texts(callback.request.headers());
        let body = std::str::from_utf8(callback.request.body()).expect("a notification is text");
        let event = event("POST", path, &Who::Nobody, &headers, Some(body));
        let Some(Answered { status, text, .. }) = self.callback.invoke(&event).await else {
            return self.count("crashes");
        };
        match provider {
            Provider::Wechat => self.stage.provider().answered(&callback.id, status),
            Provider::Alipay => self.stage.alipay().answered(&callback.id, text.as_bytes()),
        }
    }

    /// Seals every few minutes, now and then twice at once.
    pub(super) async fn sealer(&self) {
        let mut dice = self.dice(9_002);
        while self.acting.get() {
            self.wait(dice.u64(100..250)).await;
            if dice.u8(0..3) == 0 {
                futures::join!(self.seal(), self.seal());
            } else {
                self.seal().await;
            }
        }
    }

    pub(super) async fn seal(&self) {
        let sealed = self.seal.invoke(async |app| audit_seal::seal(app.clone()).await).await;
        if let Some(Err(audit_seal::SealError::Foreign { name, wrong })) = sealed {
            self.break_promise(format!("P9: {name} is no segment: {wrong}"));
        }
    }

    pub(super) async fn archivist(&self) {
        while self.acting.get() {
            self.wait(45).await;
            self.archive().await;
        }
    }

    async fn archive(&self) {
        self.consume(ARCHIVE_QUEUE, &self.archive, async |app, event| archive::consume(app, event).await).await;
    }

    pub(super) async fn payer(&self) {
        while self.acting.get() {
            self.wait(30).await;
            self.pay_out().await;
        }
    }

    pub(super) async fn teller(&self) {
        while self.acting.get() {
            self.wait(20).await;
            self.tell_families().await;
        }
    }

    async fn pay_out(&self) {
        self.consume(REFUND_QUEUE, &self.payout, async |app, event| payout::consume(app, event).await).await;
    }

    async fn tell_families(&self) {
        let worker = self.classroom.notify();
        self.consume(NOTICE_QUEUE, worker, async |app, event| notify::consume(app, event).await).await;
    }

    /// Hands the messages of a queue to its function, and gives back what failed.
    async fn consume(
        &self,
        queue: &str,
        worker: &Worker,
        function: impl AsyncFnOnce(App, SqsEvent) -> SqsBatchResponse,
    ) {
        let world = &self.stage.world;
        let messages = world.take_messages(queue, 10);
        if messages.is_empty() {
            return;
        }
        let event = serde_json::from_value(testkit::event(&messages)).expect("an event of a queue");
        let Some(response) = worker.invoke(async |app| function(app.clone(), event).await).await else { return };
        let failed: Vec<String> =
            response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        for message in &messages {
            if failed.contains(&message.id) {
                world.give_back(message);
            } else {
                world.settle(message);
            }
        }
    }
}

/// Headers as an event has them.
pub(crate) fn texts(headers: &HeaderMap) -> Vec<(&str, &str)> {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}
