//! What lies beneath the offerings: organizations, schools, rooms, calendars, bells and receiving accounts, each kept by
//! whose it is.

use reqwest::Method;
use reqwest::header::{ETAG, IF_MATCH};
use serde_json::{Value, json};
use tests::dataset::{TERM, merchants};
use tests::sign_in::Login;
use tests::{Answer, Failure, Outcome, Session, ensure};

use crate::scene::cloud;

async fn signed_in(grant: &str) -> Outcome<Session> {
    Session::sign_in(&cloud().await?, &Login::holder(grant)?).await
}

/// Puts a thing in the place of its version.
async fn put(session: &Session, path: &str, version: &str, body: &Value) -> Outcome<Answer> {
    Answer::of(session.request(Method::PUT, path).header(IF_MATCH, version).json(body)).await
}

/// Acts on a version of a thing.
async fn act(session: &Session, path: &str, version: &str, body: &Value) -> Outcome<Answer> {
    Answer::of(session.request(Method::POST, path).header(IF_MATCH, version).json(body)).await
}

/// A thing with its version.
async fn read(session: &Session, path: &str) -> Outcome<(Value, String)> {
    let answer = session.get(path).await?;
    Ok((answer.read(200)?, version(&answer)?))
}

fn version(answer: &Answer) -> Outcome<String> {
    let version = answer.headers.get(ETAG).and_then(|version| version.to_str().ok());
    version.map(ToOwned::to_owned).ok_or_else(|| Failure(format!("no version: {}", answer.body)))
}

fn refused(answer: &Answer, status: u16, slug: &str) -> Outcome<()> {
    let problem = answer.problem(status)?;
    ensure(problem.kind.ends_with(slug), || format!("{} instead of {slug}", problem.kind))
}

#[tokio::test]
async fn b2_1_a_provider_is_added_blacklisted_and_let_in_again() -> Outcome<()> {
    let (system, school) =
        (signed_in("system_admin@platform").await?, signed_in("school_admin@school:2144200602").await?);
    let path = "/organizations/E2E-P1";
    let provider = json!({
        "kind": "provider", "name": "示例旅程艺术中心", "parent": "442000006", "credit_code": "91350100M000100Y43",
        "licence": {"number": "教民 1", "valid_from": "2020-01-01", "valid_until": "2099-12-31"},
        "phone": "0760-88881234",
    });
    refused(&put(&school, path, "\"0\"", &provider).await?, 404, "access/not-found")?;
    let mut mobile = provider.clone();
    mobile["phone"] = json!("13800000001");
    refused(&put(&system, path, "\"0\"", &mobile).await?, 422, "organization/phone-unusable")?;
    let added = put(&system, path, "\"0\"", &provider).await?;
    let view: Value = added.read(200)?;
    ensure(view["unusable"].is_null(), || view.to_string())?;

    let blacklist = format!("{path}/blacklist");
    let blacklisted = act(&system, &blacklist, &version(&added)?, &json!({"reason": "虚假宣传"})).await?;
    blacklisted.read::<Value>(200)?;
    let (seen, ver) = read(&school, path).await?;
    ensure(seen["unusable"].as_str().is_some_and(|why| why.contains("虚假宣传")), || seen.to_string())?;
    refused(&act(&system, &blacklist, &ver, &json!({"reason": "再次"})).await?, 409, "organization/blacklisted")?;
    let again: Value = act(&system, &format!("{path}/unblacklist"), &ver, &json!({})).await?.read(200)?;
    ensure(again["blacklisted"].is_null() && again["unusable"].is_null(), || again.to_string())?;

    let townships: Value = school.get("/organizations?kind=township").await?.read(200)?;
    let all = townships["items"].as_array().is_some_and(|all| all.iter().any(|one| one["kind"] == "township"));
    ensure(all, || townships.to_string())
}

#[tokio::test]
async fn s1_1_a_school_keeps_its_base_data_and_the_platform_adds_schools() -> Outcome<()> {
    let school = signed_in("school_admin@school:2144200602").await?;
    let other = signed_in("school_admin@school:2144200603").await?;
    let system = signed_in("system_admin@platform").await?;
    let path = "/schools/2144200602";
    let (held, ver) = read(&school, path).await?;
    let mut wanted = json!({
        "name": held["name"], "township": held["township"], "stages": held["stages"], "grades": [1, 2, 3, 4, 5, 6],
        "address": "五桂山街道示例路 2 号", "phone": "0760-88881234",
        "campuses": [{"number": 1, "name": "本部"}, {"number": 2, "name": "南校区", "address": "示例路 3 号"}],
    });
    refused(&put(&other, path, &ver, &wanted).await?, 404, "access/not-found")?;
    let kept: Value = put(&school, path, &ver, &wanted).await?.read(200)?;
    ensure(kept["campuses"][1]["name"] == "南校区" && kept["takes_wechat"] == true, || kept.to_string())?;
    refused(&put(&school, path, &ver, &wanted).await?, 412, "request/if-match-outdated")?;
    let (_, ver) = read(&school, path).await?;
    wanted["stages"] = json!(["primary", "junior"]);
    let unfit = put(&school, path, &ver, &wanted).await?;
    refused(&unfit, 422, "school/stages-unfit")?;

    let new = json!({"name": "五桂山旅程示例小学", "township": held["township"], "stages": ["primary"]});
    refused(&put(&school, "/schools/2144200698", "\"0\"", &new).await?, 404, "access/not-found")?;
    let added: Value = put(&system, "/schools/2144200698", "\"0\"", &new).await?.read(200)?;
    ensure(added["grades"] == json!([1, 2, 3, 4, 5, 6]), || added.to_string())?;
    let found: Value = system.get("/schools?q=2144200698").await?.read(200)?;
    ensure(found["items"][0]["name"] == "五桂山旅程示例小学", || found.to_string())
}

#[tokio::test]
async fn s4_1_a_school_keeps_its_rooms() -> Outcome<()> {
    let school = signed_in("school_admin@school:2144200602").await?;
    let other = signed_in("school_admin@school:2144200603").await?;
    let path = "/rooms/2144200602.E2E301";
    let room = json!({"name": "书法室", "place": "综合楼三楼", "purpose": "书法、国画", "capacity": 45});
    refused(&put(&other, path, "\"0\"", &room).await?, 404, "access/not-found")?;
    let added = put(&school, path, "\"0\"", &room).await?;
    added.read::<Value>(200)?;
    refused(&put(&school, path, "\"0\"", &room).await?, 409, "room/exists")?;
    let smaller = json!({"name": "书法室", "place": "综合楼三楼", "purpose": "书法", "capacity": 30, "retired": true});
    let changed: Value = put(&school, path, &version(&added)?, &smaller).await?.read(200)?;
    ensure(changed["capacity"] == 30 && changed["retired"] == true, || changed.to_string())?;
    let listed: Value = school.get("/schools/2144200602/rooms").await?.read(200)?;
    let there = |room: &Value| room["room_id"] == "2144200602.E2E301";
    ensure(listed["items"].as_array().is_some_and(|rooms| rooms.iter().any(there)), || listed.to_string())?;
    refused(&other.get(path).await?, 404, "access/not-found")
}

#[tokio::test]
async fn b4_1_a_school_sets_its_own_days_of_a_term() -> Outcome<()> {
    let school = signed_in("school_admin@school:2144200603").await?;
    let other = signed_in("school_admin@school:2144200602").await?;
    let path = format!("/terms/2144200603.{TERM}/calendar");
    let (before, ver) = read(&school, &path).await?;
    let days = json!({"days": [
        {"date": "2026-10-10", "follows": "wednesday", "reason": "国庆调休"},
        {"date": "2026-10-12", "reason": "运动会"},
    ]});
    refused(&put(&other, &path, &ver, &days).await?, 404, "access/not-found")?;
    let kept = put(&school, &path, &ver, &days).await?;
    let view: Value = kept.read(200)?;
    let follows = |date: &str| {
        let day = view["days"].as_array().and_then(|days| days.iter().find(|day| day["date"] == date).cloned());
        day.map(|day| day["follows"].clone())
    };
    ensure(follows("2026-10-10") == Some(json!("wednesday")), || view.to_string())?;
    ensure(follows("2026-10-12") == Some(Value::Null), || view.to_string())?;
    let usual: Value = put(&school, &path, &version(&kept)?, &json!({"days": []})).await?.read(200)?;
    ensure(usual["teaching_days"] == before["teaching_days"], || usual.to_string())
}

#[tokio::test]
async fn s7_1_s7_2_a_school_sets_its_periods_and_their_times() -> Outcome<()> {
    let school = signed_in("school_admin@school:2144200603").await?;
    let teacher = signed_in("teacher@classes:2144200601").await?;
    let path = format!("/terms/2144200603.{TERM}/bells");
    let (before, ver) = read(&school, &path).await?;
    let periods = before["periods"].as_array().cloned().unwrap_or_default();
    let longer = |from: u16, until: u16| {
        let mut periods = periods.clone();
        periods.push(json!({"number": 12, "name": "晚间托管", "from_minute": from, "until_minute": until}));
        json!({ "periods": periods })
    };
    refused(&put(&teacher, &path, &ver, &longer(1260, 1300)).await?, 404, "access/not-found")?;
    refused(&put(&school, &path, &ver, &longer(1000, 1000)).await?, 422, "bells/times-unusable")?;
    refused(&put(&school, &path, &ver, &longer(1, 2)).await?, 422, "bells/out-of-order")?;
    let kept = put(&school, &path, &ver, &longer(1260, 1300)).await?;
    let view: Value = kept.read(200)?;
    ensure(view["periods"].as_array().map(Vec::len) == Some(periods.len() + 1), || view.to_string())?;
    let terms: Value = school.get("/terms").await?.read(200)?;
    ensure(terms.to_string().contains("晚间托管"), || terms.to_string())?;

    let ver = version(&kept)?;
    let only_new = json!({"periods": [{"number": 12, "name": "晚间托管", "from_minute": 1260, "until_minute": 1300}]});
    refused(&put(&school, &path, &ver, &only_new).await?, 409, "bells/period-in-use")?;
    let back: Value = put(&school, &path, &ver, &json!({ "periods": periods })).await?.read(200)?;
    ensure(back["periods"] == before["periods"], || back.to_string())
}

#[tokio::test]
async fn s31_1_an_account_is_proposed_by_finance_and_approved_by_the_principal() -> Outcome<()> {
    let finance = signed_in("school_finance@school:2144200601").await?;
    let principal = signed_in("principal@school:2144200601").await?;
    let other = signed_in("school_admin@school:2144200602").await?;
    let path = "/schools/2144200601/account";
    let merchant = merchants()?.remove("2144200601").ok_or_else(|| Failure("a school without merchant".to_owned()))?;
    let account = json!({
        "holder": "五桂山第一示例小学", "bank": "中国工商银行中山分行", "number": "6222021234567890",
        "merchants": { "wechat": merchant }, "reason": "首次登记",
    });
    let (_, ver) = read(&finance, path).await?;
    let proposal = format!("{path}/proposal");
    refused(&put(&principal, &proposal, &ver, &account).await?, 404, "access/not-found")?;
    let proposed = put(&finance, &proposal, &ver, &account).await?;
    let view: Value = proposed.read(200)?;
    ensure(!view.to_string().contains("6222021234567890"), || "the number is shown in full".to_owned())?;
    let ver = version(&proposed)?;
    refused(&act(&finance, &format!("{path}/approve"), &ver, &json!({})).await?, 404, "access/not-found")?;
    let approved: Value = act(&principal, &format!("{path}/approve"), &ver, &json!({})).await?.read(200)?;
    ensure(approved["account"]["holder"] == "五桂山第一示例小学", || approved.to_string())?;
    let nothing = act(&principal, &format!("{path}/approve"), &read(&principal, path).await?.1, &json!({})).await?;
    refused(&nothing, 409, "account/nothing-waiting")?;
    refused(&other.get(path).await?, 404, "access/not-found")
}

#[tokio::test]
async fn b2_1_s1_1_s4_1_base_data_is_taken_out() -> Outcome<()> {
    let (system, school) =
        (signed_in("system_admin@platform").await?, signed_in("school_admin@school:2144200602").await?);
    let rows = async |by: &Session, path: &str| {
        let file: Value = by.get(path).await?.read(200)?;
        Ok::<_, Failure>(file["rows"].as_u64().unwrap_or_default())
    };
    ensure(rows(&system, "/exports/organizations").await? > 1, || "no organizations".to_owned())?;
    let (all, own) = (rows(&system, "/exports/schools").await?, rows(&school, "/exports/schools?format=csv").await?);
    ensure(all > 1 && own == 1, || format!("{all} schools, {own} of its own"))?;
    rows(&school, "/exports/rooms?school=2144200602").await?;
    refused(&school.get("/exports/rooms?school=2144200603").await?, 404, "access/not-found")
}
