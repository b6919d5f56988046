//! Seeding (导入示例数据): the files of the data set, brought in over the API as the platform's administrator does it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use simulator::people::STAFF;

use crate::address::Cloud;
use crate::client::{Session, until};
use crate::dataset::{self, KINDS};
use crate::failure::{Failure, Outcome, ensure};
use crate::family;
use crate::provider::Provider;
use crate::sign_in::Login;
use crate::tell::{line, step};

/// Longer than the largest file takes on a slow machine.
const IMPORT_SECONDS: u64 = 600;

/// Rows by what they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Tally {
    /// 新增.
    pub new: u32,
    /// 更新.
    pub changed: u32,
    /// 不变.
    pub unchanged: u32,
    /// 冲突.
    pub conflict: u32,
}

/// What is wrong with a cell.
#[derive(Debug, Clone, Deserialize)]
pub struct RowError {
    /// The row as the sheet shows it.
    pub row: u32,
    /// The heading of the column.
    pub column: String,
    /// What it should be, what it is, what to do.
    pub reason: String,
}

/// An import.
#[derive(Debug, Clone, Deserialize)]
pub struct Import {
    /// Its identifier.
    pub import_id: String,
    /// `checked`, `applying` or `done`.
    pub state: String,
    /// Rows of the file.
    pub total: u32,
    /// Rows with errors.
    pub bad_rows: u32,
    /// What the good rows would do.
    pub expected: Tally,
    /// What the rows written so far did.
    pub applied: Tally,
    /// The first errors.
    pub errors: Vec<RowError>,
}

/// Uploads a file: a dry run.
pub async fn check(session: &Session, kind: &str, name: &str) -> Outcome<Import> {
    let content = STANDARD.encode(dataset::file(name)?);
    let body = json!({ "kind": kind, "file_name": name, "content_base64": content });
    session.post("/imports", &format!("check-{kind}"), &body).await?.read(201)
}

/// Applies a checked file and waits until it is written.
pub async fn apply(session: &Session, checked: &Import) -> Outcome<Import> {
    let path = format!("/imports/{}", checked.import_id);
    let key = format!("apply-{}", checked.import_id);
    let accepted: Import = session.post(&format!("{path}/apply"), &key, &json!({})).await?.read(202)?;
    until(&format!("import {}", accepted.import_id), IMPORT_SECONDS, async || {
        let now: Import = session.get(&path).await?.read(200)?;
        Ok(Some(now).filter(|now| now.state == "done"))
    })
    .await
}

/// Brings in the whole data set. What is there already stays as it is.
pub async fn seed(cloud: &Cloud) -> Outcome<()> {
    let admin = Session::sign_in(cloud, &Login::system_admin()?).await?;
    step("导入示例数据(先校验,后写入)");
    for kind in KINDS {
        let checked = check(&admin, kind, &format!("{kind}.xlsx")).await?;
        ensure(checked.bad_rows == 0 && checked.errors.is_empty(), || {
            format!("{kind}: {} bad rows, first {:?}", checked.bad_rows, checked.errors.first())
        })?;
        let Tally { new, changed, unchanged, conflict } = checked.expected;
        if new == 0 && changed == 0 && checked.state != "applying" {
            line(format!("{} {} 行:没有变化(不变 {unchanged},冲突 {conflict})", chinese(kind), checked.total));
            continue;
        }
        let Tally { new, changed, unchanged, conflict } = apply(&admin, &checked).await?.applied;
        line(format!(
            "{} {} 行:新增 {new},更新 {changed},不变 {unchanged},冲突 {conflict}",
            chinese(kind),
            checked.total
        ));
    }
    name_schools(cloud, &admin).await
}

fn chinese(kind: &str) -> &str {
    match kind {
        "organizations" => "机构",
        "schools" => "学校",
        "homerooms" => "行政班",
        "students" => "学生",
        "guardians" => "家长",
        "specifications" => "课程规格",
        "terms" => "学期",
        "courses" => "课程",
        "offerings" => "开课",
        other => other,
    }
}

/// The pay page shows the school's name instead of its merchant number.
async fn name_schools(cloud: &Cloud, admin: &Session) -> Outcome<()> {
    let schools: Value = admin.get("/schools").await?.read(200)?;
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let named: serde_json::Map<String, Value> = dataset::merchants()?
        .into_iter()
        .filter_map(|(code, merchant)| {
            let listed = schools.get("items").and_then(Value::as_array)?;
            let school = listed.iter().find(|school| text(school, "code").as_deref() == Some(code.as_str()))?;
            Some((merchant, json!(text(school, "name")?)))
        })
        .collect();
    Provider::of(cloud)?.name_schools(&Value::Object(named)).await
}

/// Writes down with whom one can sign in.
pub async fn write_logins(cloud: &Cloud) -> Outcome<()> {
    let Some(path) = &cloud.logins else { return Ok(()) };
    let mut logins: Vec<Login> = STAFF.iter().map(Login::staff).collect();
    for household in family::suitable()?.iter().take(3) {
        let children = family::children(&Session::sign_in(cloud, &household.login()).await?).await?;
        let names: Vec<String> = children.iter().map(|child| format!("{}({})", child.name, child.homeroom)).collect();
        let who = format!("家长{},孩子 {}", household.name, names.join("、"));
        logins.push(Login::guardian(&household.name, &household.phone, who));
    }
    let text = serde_json::to_string_pretty(&logins).map_err(|error| Failure::of("logins", &error))?;
    std::fs::write(path, text).map_err(|error| Failure::of(path, &error))
}
