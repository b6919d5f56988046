//! The supervision system (监管系统) at the other end: what it holds of a school, and that it holds what the platform has.
#![expect(clippy::indexing_slicing, reason = "what an answer lacks is null")]

mod intake;

use reqwest::Client;
use serde::Serialize;
use serde_json::{Value, json};
use simulator::supervision::SupervisionFaults;

use crate::address::Cloud;
use crate::aws::Aws;
use crate::client::{Answer, Session, http, until};
use crate::failure::{Failure, Outcome, ensure};
use crate::sign_in::Login;
use crate::teaching::text;
use crate::tell::{line, step};

pub use intake::intake;

/// Seconds until the city has been told everything of a township that has just been brought in, on a slow machine.
const TOLD_SECONDS: u64 = 1_500;

/// The simulated city.
#[derive(Debug, Clone)]
pub struct City {
    http: Client,
    base: String,
}

impl City {
    /// The simulator of a cloud.
    pub fn of(cloud: &Cloud) -> Outcome<Self> {
        Ok(Self { http: http()?, base: format!("{}/_sim/supervision", cloud.simulator) })
    }

    /// The records of a data set that are there of a school, as the city calls both.
    pub async fn records(&self, school: &str, dataset: &str) -> Outcome<Vec<Value>> {
        let all: Vec<Value> = Answer::of(self.http.get(format!("{}/records", self.base))).await?.read(200)?;
        let there = all.into_iter().filter(|held| held["gone"] != true).map(|mut held| held["record"].take());
        Ok(there.filter(|record| record["XXDM"] == school && record["SJJ"] == dataset).collect())
    }

    /// Forgets a record behind everybody's back.
    pub async fn forget(&self, record: &Value) -> Outcome<()> {
        self.meddle("forget", record, &json!({})).await
    }

    /// Changes what a record says.
    pub async fn alter(&self, record: &Value, field: &str, value: &str) -> Outcome<()> {
        self.meddle("alter", record, &json!({ "field": field, "value": value })).await
    }

    /// Copies a record under another number.
    pub async fn invent(&self, record: &Value, number: &str) -> Outcome<()> {
        self.meddle("invent", record, &json!({ "value": number })).await
    }

    async fn meddle(&self, act: &str, record: &Value, more: &Value) -> Outcome<()> {
        let mut body = json!({ "dataset": record["SJJ"], "source_id": record["YWBH"] });
        if let (Some(fields), Some(more)) = (body.as_object_mut(), more.as_object()) {
            fields.extend(more.clone());
        }
        self.send(self.http.post(format!("{}/records/{act}", self.base)), &body).await
    }

    /// The city decides something more.
    pub async fn decide(&self, record: &Value) -> Outcome<()> {
        self.send(self.http.put(format!("{}/told", self.base)), &[record]).await
    }

    /// Has the city send all that it has decided, under its signature; its answer tells what became of each record.
    pub async fn tell(&self, cloud: &Cloud) -> Outcome<Value> {
        // The stage is a part of the path that a gateway is called by, and of what is signed.
        let (to, target) = (format!("{}/callbacks/supervision", cloud.api), "/v1/callbacks/supervision");
        let request = self.http.post(format!("{}/push", self.base)).query(&[("to", to.as_str()), ("target", target)]);
        Answer::of(request).await?.read(200)
    }

    /// Sets what goes wrong at the city from now on.
    pub async fn switch(&self, faults: &SupervisionFaults) -> Outcome<()> {
        self.send(self.http.put(format!("{}/faults", self.base)), faults).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, body: &impl Serialize) -> Outcome<()> {
        let answer = Answer::of(request.json(body)).await?;
        ensure(answer.status == 204, || format!("the city answers {}: {}", answer.status, answer.body))
    }
}

/// Compares a school with the city once; what the platform then shows the township of it.
pub async fn compare(cloud: &Cloud, school: &str) -> Outcome<Value> {
    Aws::of(cloud)?.agree(school).await?;
    let official = Session::sign_in(cloud, &Login::holder("township_admin@township:442000006")?).await?;
    let reporting: Value = official.get("/supervision/reporting").await?.read(200)?;
    let schools = reporting["schools"].as_array().cloned().unwrap_or_default();
    let found = schools.into_iter().find(|one| one["school"] == school);
    found.ok_or_else(|| Failure(format!("{school} is not among what is reported: {reporting}")))
}

fn sum(school: &Value, name: &str) -> u64 {
    let sets = school["datasets"].as_array().into_iter().flatten();
    sets.filter_map(|set| set[name].as_u64()).sum()
}

/// Until the city has been told everything, and a comparison says so of a school; what the platform shows of it then.
pub async fn told(cloud: &Cloud, school: &str) -> Outcome<Value> {
    let aws = Aws::of(cloud)?;
    let mut lacking = String::new();
    let told = until(&format!("everything of {school} at the city"), TOLD_SECONDS, async || {
        let (sealed, swept) = (aws.seal().await?, aws.sweep().await?);
        let waiting = aws.tasks("municipal").await?;
        if sealed["segments"] != 0 || waiting > 0 {
            lacking = format!("{waiting} tasks wait; sealed {sealed}, swept {swept}");
            return Ok(None);
        }
        let shown = compare(cloud, school).await?;
        let is_there = shown["differences"] == 0 && sum(&shown, "ours") == sum(&shown, "theirs");
        lacking = format!("compared {shown}");
        Ok((is_there && sum(&shown, "under_way") == 0).then_some(shown))
    })
    .await;
    told.map_err(|Failure(said)| Failure(format!("{said}: {lacking}")))
}

/// Shows what was reported of a school, then what becomes of records that the city lost, changed or made up.
pub async fn reporting(cloud: &Cloud, school: &str) -> Outcome<()> {
    let city = City::of(cloud)?;
    step(format!("数据上报:{school} 的变更逐条到达市监管系统,夜间核对两边一致"));
    show(&told(cloud, school).await?);
    step("监管系统丢失、改动、多出记录各一条:核对发现并补正");
    let spoiled = spoil(&city, school).await?;
    line(format!("监管系统丢失 {}、改动 {}、多出 {}", spoiled[0], spoiled[1], spoiled[2]));
    beside(cloud, school, &spoiled[1]).await?;
    let found = compare(cloud, school).await?;
    for (name, words) in [("missing", "漏报"), ("wrong", "错报"), ("surplus", "多报")] {
        ensure(sum(&found, name) == 1, || format!("{name} is not found once: {found}"))?;
        line(format!("{words} {} 条", sum(&found, name)));
    }
    listed(cloud, school, &spoiled).await?;
    show(&told(cloud, school).await?);
    Ok(())
}

/// Shows an order that the city has otherwise, field by field.
async fn beside(cloud: &Cloud, school: &str, order: &str) -> Outcome<()> {
    let admin = Session::sign_in(cloud, &Login::school_admin(school)?).await?;
    let seen: Value = admin.get(&format!("/schools/{school}/supervision/records/order/{order}")).await?.read(200)?;
    let fields = seen["fields"].as_array().into_iter().flatten();
    let other: Vec<&Value> = fields.filter(|field| field["same"] == false).collect();
    ensure(other.len() == 1, || format!("one field of {order} differs: {seen}"))?;
    let (label, ours, theirs) = (text(other[0], "label")?, text(other[0], "ours")?, text(other[0], "theirs")?);
    line(format!("订单 {order} 的{label}:本平台 {ours},监管系统 {theirs}"));
    Ok(())
}

/// Whoever looks after the school's reports sees which records differed, and that each is being told again.
async fn listed(cloud: &Cloud, school: &str, records: &[String]) -> Outcome<()> {
    let admin = Session::sign_in(cloud, &Login::school_admin(school)?).await?;
    let seen: Value = admin.get(&format!("/schools/{school}/supervision/differences")).await?.read(200)?;
    let items = seen["items"].as_array().cloned().unwrap_or_default();
    for record in records {
        let found = items.iter().find(|item| item["source_id"] == *record);
        let found = found.ok_or_else(|| Failure(format!("{record} is not listed: {seen}")))?;
        let (title, discrepancy) = (text(found, "title")?, text(found, "discrepancy_title")?);
        line(format!("{title} {record}:{discrepancy},{}", text(found, "handling_title")?));
    }
    Ok(())
}

/// Loses a payment, changes an order and makes up a pupil; what they are called.
pub async fn spoil(city: &City, school: &str) -> Outcome<[String; 3]> {
    let first = async |dataset: &str| {
        let found = city.records(school, dataset).await?.into_iter().next();
        found.ok_or_else(|| Failure(format!("the city has no {dataset} of {school}")))
    };
    let (payment, order, pupil) = (first("KHZFD").await?, first("KHXSDD").await?, first("XSJBSJ").await?);
    city.forget(&payment).await?;
    city.alter(&order, "DDFY", "0.01").await?;
    city.invent(&pupil, "S00000000Z").await?;
    Ok([text(&payment, "YWBH")?, text(&order, "YWBH")?, "S00000000Z".to_owned()])
}

fn show(school: &Value) {
    for set in school["datasets"].as_array().into_iter().flatten() {
        let title = set["title"].as_str().unwrap_or_default();
        line(format!("{title}:本平台 {} 条,监管系统 {} 条", set["ours"], set["theirs"]));
    }
}
