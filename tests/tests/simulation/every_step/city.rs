//! The city's way: it is told of everything, loses a record, and finds it again; it tells of a price and of a provider.

use edge::start;
use serde_json::{Value, json};
use testkit::stage::{MUNICIPAL_QUEUE, Who, event};
use testkit::town::{SCHOOL, TERM};

use super::{Step, Way};
use crate::model::{self, Words};
use crate::play::texts;

/// Rounds of some minutes until everything is there.
const ROUNDS: usize = 12;

impl Way<'_> {
    /// Tells the city what has happened. It loses a payment afterwards, which the comparison finds and has told again.
    pub(super) async fn tell_the_city(&mut self) -> Result<(), String> {
        self.report().await?;
        let lost = {
            let city = self.stage.supervision();
            let payment = city.store().all().find(|held| held.record["SJJ"] == "KHZFD").map(model::name_there);
            payment.ok_or_else(|| "P7: the city has no payment".to_owned())?
        };
        self.stage.supervision().store_mut().forget(&lost.0, &lost.1);
        let found = self.compare().await;
        self.report().await?;
        let left = self.compare().await;
        let told = || format!("P7: {found} differences are found of one, and {left} are left");
        // Who crashed after it had counted them finds fewer the next time: what it found is being told.
        if found <= 1 && left == 0 { Ok(()) } else { Err(told()) }
    }

    async fn report(&mut self) -> Result<(), String> {
        for _ in 0..ROUNDS {
            self.seal().await;
            if !model::reports_waiting(&self.stage) {
                return Ok(());
            }
            self.sweep().await;
            // All that is there: whoever tells the city does not take ten things in five minutes.
            loop {
                let messages = self.stage.world.take_messages(MUNICIPAL_QUEUE, 10);
                if messages.is_empty() {
                    break;
                }
                let event = testkit::event(&messages);
                self.run(Step::Report, async |stage| {
                    let event = serde_json::from_value(event.clone()).expect("an event of a queue");
                    let response = municipal_push::consume(stage.app(), event).await;
                    ((), response.batch_item_failures.is_empty())
                })
                .await;
                for message in &messages {
                    self.stage.world.settle(message);
                }
            }
            self.wait(300).await;
        }
        Err("P8: the city is not told everything in an hour".to_owned())
    }

    async fn compare(&mut self) -> u64 {
        let (differences, compared) = self.compare_once().await;
        if compared {
            return differences;
        }
        // A comparison that has crashed is in the way of the next one for some minutes.
        self.wait(1_200).await;
        let (differences, compared) = self.compare_once().await;
        assert!(compared, "both sides are not compared");
        differences
    }

    async fn compare_once(&mut self) -> (u64, bool) {
        self.run(Step::Compare, async |stage| {
            let report = municipal_agreement::run(&stage.app(), json!({"school": SCHOOL})).await;
            let done = report.as_ref().is_ok_and(|report| report.failed == 0);
            let told = report.map(|report| (report.differences().unsigned_abs(), !report.statements.is_empty()));
            (told.unwrap_or_default(), done)
        })
        .await
    }

    /// The city sends a price of which nothing is sold yet, and a provider; the night's pull brings the rest.
    pub(super) async fn hear(&mut self) -> Result<(), String> {
        let record = |set: &str, id: &str, body: Value| json!({"SJJ": set, "YWBH": id, "BBH": 11, "CZLX": "U", "GXSJ": "2026-09-01 08:00:00", "NR": body});
        let price = json!({
            "GGBH": "SP2", "KMMC": "绘画", "ZXBE": 1, "ZDBE": 40, "KSSC": 45, "KSDJ": "26.00", "QYXQ": TERM,
        });
        let provider = json!({
            "JGBH": "JG0001", "QYMC": "样例书画中心", "TYSHXYDM": "91350100M000100Y43",
            "BXXKZ": "教民144200070000001号", "XKZYXQQ": "2025-01-01", "XKZYXQZ": "2027-12-31", "SFHMD": "0",
        });
        let records = [record("KHKMGG", "SP2", price), record("KHJYJG", "JG0001", provider)];
        let now = self.stage.world.now();
        let request = self.stage.supervision().message("/callbacks/supervision", &records, "hmac-sm3", now);
        let body = std::str::from_utf8(request.body()).expect("a message is text");
        let sent = event("POST", "/callbacks/supervision", &Who::Nobody, &texts(request.headers()), Some(body));
        let answered = self.ask(Step::Receive, |app| start::router(app, intake::routes()), sent).await;
        let receipts = answered.json()["receipts"].clone();
        assert!(receipts.as_array().is_some_and(|all| all.iter().all(|one| one["result"] == "accepted")), "{receipts}");
        for record in &records {
            self.stage.supervision().decide(record.clone()).expect("what the city tells is sound");
        }
        self.run(Step::Pull, async |stage| {
            let report = municipal_intake::run(&stage.app()).await;
            ((), report.fault.is_none() && !report.unfinished)
        })
        .await;
        self.seal().await;
        let told: Vec<Value> = self.stage.supervision().decided().cloned().collect();
        model::told_is_kept(&self.stage, &told, &Words::new())?;
        model::verified(&self.stage).await.map(drop)
    }
}
