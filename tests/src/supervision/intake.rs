//! What the city tells (监管系统下发): sent under its signature or pulled at night, it takes effect or waits for a person.
#![expect(clippy::indexing_slicing, reason = "what an answer lacks is null")]

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::City;
use crate::address::Cloud;
use crate::aws::Aws;
use crate::client::{Answer, Session};
use crate::failure::{Failure, Outcome, ensure};
use crate::sign_in::Login;
use crate::teaching::{now, text};
use crate::tell::{line, step};

/// A specification that courses are offered by while families enroll.
const IN_USE: &str = "G-SF-30";

/// Shows what the city tells, and what becomes of it.
pub async fn intake(cloud: &Cloud) -> Outcome<()> {
    let (city, admin) = (City::of(cloud)?, Session::sign_in(cloud, &Login::holder("system_admin@platform")?).await?);
    step("监管系统下发:学校、机构、课程规格及定价、校内外课程,逐项比对");
    let receipts = city.tell(cloud).await?;
    let taken = receipts["receipts"].as_array().into_iter().flatten().filter(|one| one["result"] == "accepted").count();
    ensure(taken > 0, || format!("nothing of it is taken: {receipts}"))?;
    Aws::of(cloud)?.intake().await?;
    let mut standings = BTreeSet::new();
    for dataset in ["school", "provider", "specification"] {
        let listed: Value = admin.get(&format!("/supervision/intake?dataset={dataset}")).await?.read(200)?;
        for one in listed["items"].as_array().into_iter().flatten() {
            line(told(one));
            standings.insert(one["standing"].as_str().unwrap_or_default().to_owned());
        }
    }
    ensure(standings.contains("applied"), || format!("nothing takes effect: {standings:?}"))?;
    step("监管系统调价:正在报名的课程规格待平台确认,确认前不影响家长");
    dearer(cloud, &city, &admin).await
}

fn told(record: &Value) -> String {
    let concerns: Vec<&str> = record["concerns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let name = |field: &str| record[field].as_str().unwrap_or_default();
    format!("{} {}:{} {}", name("dataset_title"), name("title"), name("standing_title"), concerns.join(";"))
}

/// A lesson becomes dearer while families enroll: that waits, and whoever runs the platform leaves it as it is.
async fn dearer(cloud: &Cloud, city: &City, admin: &Session) -> Outcome<()> {
    let at = now();
    // Each time it is a later version.
    let version: u64 = at.chars().filter(char::is_ascii_digit).take(14).collect::<String>().parse().unwrap_or_default();
    let price = json!({
        "GGBH": IN_USE, "KMMC": "书法", "ZXBE": 10, "ZDBE": 30, "KSSC": 45, "KSDJ": "13.00", "QYXQ": "2026-2027-1",
    });
    let changed = at.replace('T', " ").chars().take(19).collect::<String>();
    let record = json!({
        "SJJ": "KHKMGG", "YWBH": IN_USE, "BBH": version, "CZLX": "U", "GXSJ": changed, "NR": price,
    });
    city.decide(&record).await?;
    city.tell(cloud).await?;
    let path = format!("/supervision/intake/specification/{IN_USE}");
    let seen = admin.get(&path).await?;
    let book = seen.headers.get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
    let shown: Value = seen.read(200)?;
    let waits = &shown["record"];
    ensure(waits["standing"] == "waiting", || format!("the price does not wait: {shown}"))?;
    line(told(waits));
    let difference = waits["differences"].as_array().and_then(|all| all.first());
    let difference = difference.ok_or_else(|| Failure(format!("nothing differs: {shown}")))?;
    let (field, here, theirs) = (text(difference, "field")?, text(difference, "here")?, text(difference, "told")?);
    line(format!("{field}:本平台 {here},监管系统 {theirs}"));
    let request = admin.request(Method::POST, &format!("{path}/decline")).header("If-Match", book);
    let declined: Value = Answer::of(request.json(&json!({"reason": "本学期合同按原价执行"}))).await?.read(200)?;
    ensure(declined["standing"] == "declined", || format!("it is not left as it is: {declined}"))?;
    line(told(&declined));
    Ok(())
}
