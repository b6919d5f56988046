//! The city's end of the line: what it was sent, in the order in which it came, and what it says to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use gateway::supervision::signer::{SignSettings, Signer};
use gateway::supervision::{METHOD, NONCE, SIGNATURE, TIMESTAMP};
use http::{HeaderMap, Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::stage::{PREFIX, Stage};
use testkit::{Outside, World};

/// A key that both sides know.
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A record as the city has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Has {
    pub(crate) version: u64,
    pub(crate) hash: String,
    pub(crate) is_there: bool,
    pub(crate) body: Value,
}

/// The city's books, and its mood.
#[derive(Default)]
pub(crate) struct City {
    pub(crate) records: BTreeMap<(String, String), Has>,
    /// Every record that was taken, in the order in which it came.
    pub(crate) taken: Vec<(String, String, u64)>,
    /// Batches that came, of how many records.
    pub(crate) batches: Vec<usize>,
    /// What it answers to everything instead of reading it: a status and for how long it asks to be left alone.
    pub(crate) down: Option<(u16, Option<u32>)>,
    /// Source numbers it refuses, and by which code.
    pub(crate) refused: BTreeMap<String, &'static str>,
    /// Source numbers of what it had, and has no more.
    pub(crate) lost: BTreeSet<String>,
    /// Source numbers that make it refuse the whole request.
    pub(crate) poison: BTreeSet<String>,
}

/// The city, shared with the world.
#[derive(Clone)]
pub(crate) struct Line(Arc<Mutex<City>>);

impl Line {
    /// Puts the city into a world, and its secret into the stack.
    pub(crate) fn to(world: &World) -> Self {
        let account = json!({"app_id": "platform", "sign": {"method": "hmac-sha256", "key": KEY}});
        world.put_secret(&format!("{PREFIX}/supervision"), &account);
        let line = Self(Arc::default());
        world.set_outside(line.clone());
        line
    }

    /// The same on a stage.
    pub(crate) fn on(stage: &Stage) -> Self {
        Self::to(&stage.world)
    }

    pub(crate) fn city(&self) -> MutexGuard<'_, City> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn signer() -> Box<dyn Signer> {
    SignSettings::HmacSha256 { key: KEY.to_owned() }.signer().expect("a key")
}

impl Outside for Line {
    fn call(&mut self, request: Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        let mut city = self.city();
        if let Some((status, seconds)) = city.down {
            let answer = Response::builder().status(status);
            let answer = match seconds {
                Some(seconds) => answer.header("retry-after", seconds.to_string()),
                None => answer,
            };
            return answer.body(Bytes::new()).expect("an answer");
        }
        let body: Value = serde_json::from_slice(request.body()).expect("a batch");
        if request.uri().path().ends_with("/record") {
            let asked = [&body["dataset"], &body["source_id"]].map(|name| name.as_str().expect("a name").to_owned());
            let has = city.records.get(&asked.into()).filter(|has| has.is_there).map(|has| &has.body);
            return answer(request.headers(), &json!({ "record": has }), now);
        }
        let records = body["records"].as_array().expect("records").clone();
        city.batches.push(records.len());
        let id = |record: &Value| record["YWBH"].as_str().expect("a number").to_owned();
        if records.iter().any(|record| city.poison.contains(&id(record))) {
            return Response::builder().status(400).body(Bytes::new()).expect("an answer");
        }
        let receipts: Vec<Value> = records.iter().map(|record| city.take(record)).collect();
        answer(request.headers(), &json!({ "receipts": receipts }), now)
    }
}

/// An answer that proves to be the city's own, to the question with these headers.
fn answer(asked: &HeaderMap, told: &Value, now: Timestamp) -> Response<Bytes> {
    let text = told.to_string();
    let nonce = asked[NONCE].to_str().expect("a nonce");
    let timestamp = now.as_second().to_string();
    let signed = format!("200\n{timestamp}\n{nonce}\n{text}\n");
    let hand = signer();
    let signature = hand.sign(signed.as_bytes()).expect("signed");
    let signature = signature.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    Response::builder()
        .header(TIMESTAMP, timestamp)
        .header(METHOD, hand.method())
        .header(SIGNATURE, signature)
        .body(text.into())
        .expect("an answer")
}

impl City {
    fn take(&mut self, record: &Value) -> Value {
        let text = |name: &str| record[name].as_str().expect("a text").to_owned();
        let (dataset, id, version) = (text("SJJ"), text("YWBH"), record["BBH"].as_u64().expect("a version"));
        let mut receipt = json!({"dataset": dataset, "source_id": id, "version": version});
        let lacks = self
            .refused
            .keys()
            .chain(&self.lost)
            .any(|refused| record["NR"].to_string().contains(&format!("\"{refused}\"")));
        let named = self.refused.get(&id).copied();
        if let Some(code) = named.or_else(|| lacks.then_some("1002")) {
            receipt["result"] = "refused".into();
            receipt["code"] = code.into();
            receipt["reason"] = "字段不符合要求".into();
            return receipt;
        }
        if let Some(has) = self.records.get(&(dataset.clone(), id.clone())).filter(|has| has.version >= version) {
            receipt["result"] = "stale".into();
            receipt["held_version"] = has.version.into();
            receipt["held_hash"] = has.hash.clone().into();
            return receipt;
        }
        let has = Has { version, hash: text("ZY"), is_there: text("CZLX") == "U", body: record["NR"].clone() };
        self.lost.remove(&id);
        self.records.insert((dataset.clone(), id.clone()), has);
        self.taken.push((dataset, id, version));
        receipt["result"] = "accepted".into();
        receipt["receipt"] = format!("R{}", self.taken.len()).into();
        receipt
    }

    /// Forgets a record that it had.
    pub(crate) fn lose(&mut self, id: &str) {
        self.records.retain(|(_, known), _| known != id);
        self.lost.insert(id.to_owned());
    }

    /// What it has of a record.
    pub(crate) fn record(&self, id: &str) -> &Has {
        let found = self.records.iter().find(|((_, known), _)| known == id);
        found.map_or_else(|| panic!("the city has no {id}"), |(_, has)| has)
    }

    /// Source numbers of what it has, as far as it is there.
    pub(crate) fn there(&self) -> BTreeSet<String> {
        self.records.iter().filter(|(_, has)| has.is_there).map(|((_, id), _)| id.clone()).collect()
    }
}
