//! A family's way: children are enrolled, paid for in time or too late, and given up.

use serde_json::json;
use simulator::wechat::Faults;
use testkit::stage::event;

use super::{Step, Way};
use crate::model;
use crate::play::Promised;
use edge::start;

impl Way<'_> {
    async fn cancel(&mut self, pupil: usize, order: &str) {
        let path = format!("/orders/{order}/cancel");
        let event = event("POST", &path, &self.guardian(pupil), &[("Idempotency-Key", "cancel")], None);
        let answered = self.ask(Step::Cancel, |app| start::router(app, order::routes()), event).await;
        assert_eq!(answered.status, 200, "{}", answered.text);
    }

    async fn withdraw(&mut self, pupil: usize, order: &str, course: &str) {
        let body = json!({"order_no": order, "course": course, "trigger": "withdrawal"}).to_string();
        let key = [("Idempotency-Key", "leave")];
        let event = event("POST", "/refund-requests", &self.guardian(pupil), &key, Some(&body));
        let answered = self.ask(Step::Withdraw, |app| start::router(app, refund::routes()), event).await;
        assert_eq!(answered.status, 201, "{}", answered.text);
    }

    /// After noon of the next days, when a provider's word that there is no bill is believed: what nobody has told of is
    /// found by the first bill, what was broken by the later ones.
    async fn read_bills(&mut self) {
        for hours in [28, 24, 24] {
            self.wait(hours * 3_600).await;
            self.run(Step::Bills, async |stage| {
                let report = bill_run::run_with_channels(&stage.app()).await;
                ((), report.is_ok_and(|report| report.failed == 0))
            })
            .await;
            for pause in [10, 60, 60] {
                self.wait(pause).await;
                self.sweep().await;
                self.pay_out().await;
                self.archive().await;
            }
        }
    }

    /// Three children: one is paid for in time and gives one of two courses up, one is paid for too late, one gives up
    /// before; a fourth takes what is free of charge. Where bills are read, they alone tell of what was paid too late.
    pub(super) async fn walk(&mut self) -> Result<(), String> {
        let mut promised = Promised::new();
        let first = self.enroll(0, &[0, 1], &mut promised).await;
        let payment = self.pay(0, &first).await;
        let now = self.stage.world.now();
        self.stage.provider().pay(&payment, now).expect("paid");
        self.callbacks(Step::Callback).await;
        self.withdraw(0, &first, "K1").await;
        self.pay_out().await;
        self.wait(30).await;
        self.callbacks(Step::RefundCallback).await;
        let second = self.enroll(1, &[2], &mut promised).await;
        let late = self.pay(1, &second).await;
        let third = self.enroll(2, &[3], &mut promised).await;
        self.pay(2, &third).await;
        self.cancel(2, &third).await;
        self.enroll(3, &[5], &mut promised).await;
        // Past every deadline; then what was broken is found again, and what it had left comes to its end.
        for pause in [320, 60, 60] {
            self.wait(pause).await;
            self.sweep().await;
            self.pay_out().await;
            self.archive().await;
            self.seal().await;
        }
        let now = self.stage.world.now();
        let with_bills = matches!(self.broken, Step::Bills);
        if with_bills {
            let mute = Faults { drop: u32::MAX, ..Faults::NONE };
            self.stage.provider().set_faults_of(&late, Some(mute));
        }
        self.stage.provider().pay_although_closed(&late, now).expect("paid late");
        self.callbacks(Step::LateCallback).await;
        for pause in [130, 60, 60, 60, 300] {
            self.wait(pause).await;
            self.callbacks(Step::LateCallback).await;
            self.sweep().await;
            self.pay_out().await;
            self.archive().await;
        }
        if with_bills {
            self.read_bills().await;
        }
        self.seal().await;
        let reports = self.broken.tells_the_city();
        if reports {
            self.tell_the_city().await?;
        }
        model::at_rest(&self.stage, self.town, (&promised, &[]), reports)?;
        model::verified(&self.stage).await.map(drop)
    }
}
