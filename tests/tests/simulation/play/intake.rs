//! What the city tells: it decides, sends and repeats itself; each night it is asked for everything; what cannot take
//! effect by itself is decided by people who do not always agree.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use edge::start;
use fastrand::Rng;
use http::StatusCode;
use serde_json::{Value, json};
use testkit::stage::{Stage, Who, event};
use testkit::town::{SCHOOL, TERM};

use super::Play;
use super::function::{Function, Worker};
use super::platform::texts;
use crate::coming::COMING;
use crate::model::{self, Waiting, Words};
use crate::place::Kind;

/// Where the city sends what it tells.
const PATH: &str = "/callbacks/supervision";
/// Versions that the city had given when the schedule began.
const BEGUN: u64 = 10;
/// Runs of a night until everything has been received.
const RUNS: usize = 6;

/// What is played of the city, and of those who receive what it tells.
pub(super) struct Teller {
    receive: Function,
    pull: Worker,
    version: Cell<u64>,
    /// Everything the city has told, the latest last.
    told: RefCell<Vec<Value>>,
    /// What people have said of which version, and whether anybody was told that it counts.
    words: RefCell<Words>,
    /// Versions of books at which a decision has counted.
    decided: RefCell<BTreeSet<(String, i64)>>,
}

impl Teller {
    pub(super) fn new(stage: &Stage) -> Self {
        Self {
            receive: Function::new(stage, |app| start::router(app, intake::routes())),
            pull: Worker::new(stage),
            version: Cell::new(BEGUN),
            told: RefCell::new(stage.supervision().decided().cloned().collect()),
            words: RefCell::default(),
            decided: RefCell::default(),
        }
    }

    pub(super) const fn worker(&self) -> &Worker {
        &self.pull
    }
}

/// A record in the city's words: of a price, a provider, a school or a course, or that one of them is gone.
fn decision(dice: &mut Rng, version: u64) -> Value {
    let body = |set: &str, id: &str, body: Value| {
        json!({
            "SJJ": set, "YWBH": id, "BBH": version, "CZLX": "U", "GXSJ": "2026-09-01 08:00:00", "NR": body,
        })
    };
    let course = |id: &str| format!("{SCHOOL}.{COMING}.{id}");
    let taught = |dice: &mut Rng, id: &str| {
        json!({
            "XXDM": SCHOOL, "XNXQ": COMING, "KCBH": id, "KCMC": format!("课程 {version}"), "KCLX": "2",
            "GGBH": *dice.choice(&["SP1", "SP2", "SF-A", "SP3"]).unwrap_or(&"SP1"), "SYNJ": [3, 4], "KSS": 16,
        })
    };
    match dice.u8(0..12) {
        price @ 0..=5 => {
            let (code, subject) = if price < 4 { ("SP1", "书法") } else { ("SP2", "绘画") };
            let from = if dice.u8(0..3) == 0 { COMING } else { TERM };
            let yuan = format!("{}.00", dice.u8(24..28));
            let told = json!({
                "GGBH": code, "KMMC": subject, "ZXBE": 1, "ZDBE": 40, "KSSC": 45, "KSDJ": yuan, "QYXQ": from,
            });
            body("KHKMGG", code, told)
        }
        6 | 7 => {
            let mut told = json!({
                "JGBH": "JG0001", "QYMC": format!("机构 {version}"), "TYSHXYDM": "91350100M000100Y43",
                "BXXKZ": "教民144200070000001号", "XKZYXQQ": "2025-01-01", "XKZYXQZ": "2027-12-31", "SFHMD": "0",
            });
            if dice.u8(0..4) == 0 {
                (told["SFHMD"], told["HMDYY"], told["HMDRQ"]) = (json!("1"), json!("违规收费"), json!("2026-08-19"));
            }
            body("KHJYJG", "JG0001", told)
        }
        8 => {
            let told = json!({
                "XXDM": "2144209999", "XXMC": format!("样例小学 {version}"), "ZGBM": "442000006", "XD": ["2"],
            });
            body("XXJBSJ", "2144209999", told)
        }
        9 => {
            let mut told = taught(dice, "SF01");
            told["JGBH"] = json!(*dice.choice(&["JG0001", "JG0003"]).unwrap_or(&"JG0001"));
            told["RKJS"] = json!([{"XM": "样例外聘"}]);
            body("KHXWKC", &course("SF01"), told)
        }
        10 => body("KHXNKC", &course("TG01"), taught(dice, "TG01")),
        _ => {
            let course = course("SF01");
            let names = [("KHKMGG", "SP2"), ("KHJYJG", "JG0001"), ("KHXWKC", course.as_str())];
            let (set, id) = *dice.choice(&names).unwrap_or(&names[0]);
            json!({"SJJ": set, "YWBH": id, "BBH": version, "CZLX": "D", "GXSJ": "2026-09-01 08:00:00"})
        }
    }
}

impl Play<'_> {
    /// The city decides this and that. Some of it it sends at once, some later and beside older versions, some twice.
    pub(super) async fn deciding(&self) {
        let mut dice = self.dice(9_501);
        while self.kind == Kind::Intake && self.acting.get() {
            self.wait(dice.u64(20..90)).await;
            let teller = &self.teller;
            teller.version.set(teller.version.get() + 1);
            let record = decision(&mut dice, teller.version.get());
            self.stage.supervision().decide(record.clone()).expect("what the city tells is sound");
            teller.told.borrow_mut().push(record.clone());
            self.count("records told by the city");
            if dice.u8(0..4) == 0 {
                continue;
            }
            let mut message = vec![record];
            for _ in 0..dice.u8(0..3) {
                message.extend(dice.choice(teller.told.borrow().iter()).cloned());
            }
            let (one, other, pause) = (dice.u64(..), dice.u64(..), dice.u64(0..2_000));
            if dice.u8(0..3) == 0 {
                let late = async {
                    self.stage.world.advance(Duration::from_millis(pause)).await;
                    Box::pin(self.send_told(&message, other)).await;
                };
                futures::join!(Box::pin(self.send_told(&message, one)), Box::pin(late));
            } else {
                self.send_told(&message, one).await;
            }
        }
    }

    /// Sends a message until it is answered. What was taken of it is kept, whatever happens afterwards.
    async fn send_told(&self, records: &[Value], dice: u64) {
        let request = self.stage.supervision().message(PATH, records, "hmac-sm3", self.stage.world.now());
        let body = std::str::from_utf8(request.body()).expect("a message is text");
        let event = event("POST", PATH, &Who::Nobody, &texts(request.headers()), Some(body));
        let Some((answered, _)) = self.insist(&self.teller.receive, &event, dice).await else { return };
        if answered.status != StatusCode::OK {
            return self.break_promise(format!("P7: a message of the city is answered by {}", answered.text));
        }
        let receipts = answered.json()["receipts"].clone();
        for (receipt, record) in receipts.as_array().into_iter().flatten().zip(records) {
            let kept = model::is_kept(&self.stage, record);
            if receipt["result"] != "accepted" || !kept {
                self.break_promise(format!("P7: {record} is answered by {receipt}, kept: {kept}"));
            }
        }
    }

    /// Asks the city for everything, at times twice at once.
    pub(super) async fn puller(&self) {
        let mut dice = self.dice(9_502);
        while self.kind == Kind::Intake && self.acting.get() {
            self.wait(dice.u64(100..400)).await;
            if dice.u8(0..3) == 0 {
                futures::join!(Box::pin(self.pull()), Box::pin(self.pull()));
            } else {
                self.pull().await;
            }
        }
    }

    /// One run; whether everything has been received.
    async fn pull(&self) -> bool {
        let Some(report) = self.teller.pull.invoke(async |app| municipal_intake::run(app).await).await else {
            return false;
        };
        if report.refused > 0 {
            self.break_promise(format!("P7: records of the city are refused: {report:?}"));
        }
        !report.unfinished && report.fault.is_none()
    }

    /// People decide what waits, at times two at once who do not agree.
    pub(super) async fn deciding_on_it(&self) {
        let mut dice = self.dice(9_503);
        while self.kind == Kind::Intake && self.acting.get() {
            self.wait(dice.u64(40..120)).await;
            for waiting in model::intakes_waiting(&self.stage) {
                let (applies, one, other) = (dice.u8(0..3) > 0, dice.u64(..), dice.u64(..));
                match dice.u8(0..6) {
                    0 | 1 => {}
                    2 => {
                        let against = Box::pin(self.decide_told(&waiting, !applies, other));
                        futures::join!(Box::pin(self.decide_told(&waiting, applies, one)), against);
                    }
                    _ => self.decide_told(&waiting, applies, one).await,
                }
            }
        }
    }

    async fn decide_told(&self, waiting: &Waiting, applies: bool, dice: u64) {
        let of_school = waiting.school.as_ref().map(|school| format!("school_admin@school:{school}"));
        let grant = of_school.unwrap_or_else(|| "system_admin@platform".to_owned());
        let verb = if applies { "apply" } else { "decline" };
        let who = Who::Person("A000000009".to_owned(), grant);
        let path = format!("/supervision/intake/{}/{}/{verb}", waiting.inbound, waiting.source);
        let version = format!("\"{}\"", waiting.book);
        let body = json!({"reason": "按合同执行"}).to_string();
        let event = event("POST", &path, &who, &[("If-Match", &version)], (!applies).then_some(&body));
        let name = (waiting.inbound.clone(), waiting.source.clone(), waiting.version);
        self.teller.words.borrow_mut().entry(name.clone()).or_default().said.insert(verb);
        let Some((answered, _)) = self.insist(&self.teller.receive, &event, dice).await else { return };
        match answered.status.as_u16() {
            200 => {
                if !self.teller.decided.borrow_mut().insert((waiting.source.clone(), waiting.book)) {
                    self.break_promise(format!("B5: two decisions about {} count at once", waiting.source));
                }
                self.teller.words.borrow_mut().entry(name).or_default().counts.insert(verb);
                self.count(if applies { "told and applied by a person" } else { "told and declined" });
            }
            // Somebody was faster, or the city has told something else.
            409 | 412 => {}
            _ => self.break_promise(format!("{path} is answered by {}", answered.text)),
        }
    }

    /// In the night everything is received that was told, and offerings have followed.
    pub(super) async fn end_of_intake(&self) {
        if self.kind != Kind::Intake {
            return;
        }
        self.wait_until(self.morning(2)).await;
        for _ in 0..RUNS {
            if self.pull().await {
                let told = self.teller.told.borrow();
                if let Err(broken) = model::told_is_kept(&self.stage, &told, &self.teller.words.borrow()) {
                    self.break_promise(broken);
                }
                return;
            }
            self.wait(600).await;
        }
        self.break_promise("P8: what the city tells is not received in a night".to_owned());
    }
}
