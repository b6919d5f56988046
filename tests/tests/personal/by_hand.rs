//! What a school keeps by hand: staff that is hired and signs in, pupils and guardians, the receiving account; and
//! whatever a clerk gets wrong on the way.

use serde_json::{Value, json};
use simulator::province::Account;
use testkit::stage::{PREFIX, Who, event};
use testkit::{plain, table_name};

use crate::SCHOOL;
use crate::platform::Platform;

const TEACHER: (&str, &str) = ("翛然一", "19877700001");
const CORRECTED: &str = "翛然壹";
const PUPIL: (&str, &str) = ("翛然二", "L442000201701017701");
const PUPIL_CORRECTED: &str = "翛然贰";
const PARENT: (&str, &str) = ("翛然三", "19877700003");
const PARENT_CORRECTED: &str = "翛然叁";
const NUMBER: &str = "6222021234567890";

/// What must not be found anywhere.
pub(crate) const CANARIES: [&str; 10] =
    [TEACHER.0, TEACHER.1, CORRECTED, PUPIL.0, PUPIL.1, PUPIL_CORRECTED, PARENT.0, PARENT.1, PARENT_CORRECTED, NUMBER];

const FIRST: (&str, &str) = ("If-Match", "\"1\"");
const OUTDATED: (&str, &str) = ("If-Match", "\"9\"");

fn at_school(person: &str, role: &str) -> Who {
    Who::Person(person.to_owned(), format!("{role}@school:{SCHOOL}"))
}

fn clerk() -> Who {
    at_school("A000000001", "school_admin")
}

/// A request with a body, and what it is answered.
macro_rules! ask {
    ($platform:ident, $function:ident, $who:expr, $method:literal, $path:expr, $headers:expr, $body:expr) => {{
        let event = event($method, &$path, $who, $headers, Some(&$body.to_string()));
        $platform.ask($function::routes(), &event).await
    }};
}

/// All of it, in the school and the homeroom of this child.
pub(crate) async fn keep(platform: &mut Platform, child: &str) {
    let person = hire(platform).await;
    come_in(platform, &person).await;
    family(platform, child).await;
    account(platform).await;
    // Names and numbers where identifiers should be.
    let clerk = clerk();
    for canary in CANARIES {
        for (routes, path) in [
            (directory::routes(), format!("/users/{}", in_path(canary))),
            (people::routes(), format!("/students/{}", in_path(canary))),
            (school::routes(), format!("/schools/{}", in_path(canary))),
        ] {
            let refused = platform.ask(routes, &event("GET", &path, &clerk, &[], None)).await;
            assert!(refused.status.is_client_error(), "{}", refused.text);
        }
    }
}

/// As a client writes it.
fn in_path(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii() { char::from(byte).into() } else { format!("%{byte:02X}") }).collect()
}

/// A teacher is added, looked for, corrected and taken out in a list.
async fn hire(platform: &mut Platform) -> String {
    let (clerk, elsewhere) = (clerk(), Who::Staff("school_admin@school:2144200602".to_owned()));
    let new = json!({"name": TEACHER.0, "phone": TEACHER.1, "home": SCHOOL});
    let added = ask!(platform, directory, &clerk, "POST", "/users", &[], new);
    let person = added.json()["person_id"].as_str().expect("an identifier").to_owned();
    assert_eq!(ask!(platform, directory, &clerk, "POST", "/users", &[], new).status, 409);
    assert_eq!(ask!(platform, directory, &elsewhere, "POST", "/users", &[], new).status, 404);
    let long = json!({"name": TEACHER.0, "phone": format!("{}7", TEACHER.1), "home": SCHOOL});
    assert_eq!(ask!(platform, directory, &clerk, "POST", "/users", &[], long).status, 422);
    let swapped = json!({"name": TEACHER.0, "phone": "19877700002", "home": TEACHER.1});
    assert!(ask!(platform, directory, &clerk, "POST", "/users", &[], swapped).status.is_client_error());
    for search in [json!({"phone": TEACHER.1}), json!({"name": TEACHER.0, "school": SCHOOL})] {
        let found = ask!(platform, directory, &clerk, "POST", "/users/search", &[], search);
        assert_eq!(found.json()["items"][0]["person_id"], person.as_str(), "{}", found.text);
        ask!(platform, directory, &elsewhere, "POST", "/users/search", &[], search);
    }
    let path = format!("/users/{person}");
    let corrected = json!({"name": CORRECTED});
    assert_eq!(ask!(platform, directory, &clerk, "PUT", path, &[OUTDATED], corrected).status, 412);
    assert_eq!(ask!(platform, directory, &clerk, "PUT", path, &[FIRST], corrected).status, 200);
    let list = event("GET", &format!("/users/export?school={SCHOOL}&format=csv"), &clerk, &[], None);
    let list = platform.ask(directory::routes(), &list).await.file();
    assert!(list.contains("198****0001") && !list.contains(CORRECTED), "masked: {list}");
    person
}

/// The teacher comes in by the province and by password, after having been refused by both.
async fn come_in(platform: &mut Platform, person: &str) {
    let nobody = Who::Nobody;
    let begun = ask!(platform, identity, &nobody, "POST", "/sign-in/province", &[], json!({})).json();
    let url = begun["authorize_url"].as_str().expect("an address").to_owned();
    let (_, query) = url.split_once('?').expect("a query");
    let now = platform.stage.world.now();
    let back = platform.stage.province().sign_in(query, Account::person(CORRECTED, TEACHER.1), now).expect("taken");
    let (_, query) = back.split_once('?').expect("a query");
    let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).expect("given").to_owned();
    let finish = |state: &str| json!({"code": value("code="), "state": state, "binding": begun["binding"]});
    let path = "/sign-in/province/finish";
    assert!(ask!(platform, identity, &nobody, "POST", path, &[], finish(TEACHER.1)).status.is_client_error());
    let again = ask!(platform, identity, &nobody, "POST", path, &[], finish(&value("state=")));
    assert!(!again.text.contains(TEACHER.1), "{}", again.text);

    let clerk = clerk();
    let reset = format!("/users/{person}/password-reset");
    let given = platform.done(directory::routes(), &event("POST", &reset, &clerk, &[], None)).await;
    for password in ["not the right password", given["temporary_password"].as_str().expect("a password")] {
        let credentials = json!({"phone": TEACHER.1, "password": password});
        ask!(platform, identity, &nobody, "POST", "/sign-in/password", &[], credentials);
    }
    let unknown = json!({"phone": PARENT.1, "password": NUMBER});
    assert!(ask!(platform, identity, &nobody, "POST", "/sign-in/password", &[], unknown).status.is_client_error());
}

/// A pupil is added and corrected, and a guardian linked and corrected.
async fn family(platform: &mut Platform, child: &str) {
    let (clerk, elsewhere) = (clerk(), Who::Staff("school_admin@school:2144200602".to_owned()));
    let table = table_name(PREFIX, "directory");
    let known = plain(&platform.stage.world.peek(&table, &format!("STUDENT#{child}"), "STUDENT").expect("a pupil"));
    let homeroom = known["homeroom"].as_str().expect("a homeroom").to_owned();
    let path = format!("/homerooms/{homeroom}/students");
    let new = json!({"name": PUPIL.0, "number": PUPIL.1, "sex": "female"});
    let added = ask!(platform, people, &clerk, "POST", path, &[], new);
    let student = added.json()["student_id"].as_str().expect("an identifier").to_owned();
    assert_eq!(ask!(platform, people, &clerk, "POST", path, &[], new).status, 409);
    assert_eq!(ask!(platform, people, &elsewhere, "POST", path, &[], new).status, 404);
    let long = json!({"name": PUPIL.0, "number": format!("{}7", PUPIL.1), "sex": "female"});
    assert_eq!(ask!(platform, people, &clerk, "POST", path, &[], long).status, 422);

    let path = format!("/students/{student}");
    let edit = json!({"name": PUPIL_CORRECTED, "sex": "female", "homeroom_id": homeroom, "waivers": []});
    assert_eq!(ask!(platform, people, &clerk, "PUT", path, &[OUTDATED], edit).status, 412);
    assert_eq!(ask!(platform, people, &clerk, "PUT", path, &[FIRST], edit).status, 200);
    let guardians = format!("{path}/guardians");
    let link = |name: &str| json!({"name": name, "phone": PARENT.1});
    let linked = ask!(platform, people, &clerk, "POST", guardians, &[], link(PARENT.0)).json();
    let parent = linked["guardians"][0]["person_id"].as_str().expect("an identifier").to_owned();
    let other = format!("/students/{child}/guardians");
    assert_eq!(ask!(platform, people, &clerk, "POST", other, &[], link(PUPIL.0)).status, 409);
    let path = format!("{guardians}/{parent}");
    let third = ("If-Match", "\"3\"");
    assert_eq!(ask!(platform, people, &clerk, "PUT", path, &[third], json!({"name": PARENT_CORRECTED})).status, 200);
    let list = event("GET", &format!("/schools/{SCHOOL}/exports/students?format=csv"), &clerk, &[], None);
    let list = platform.ask(people::routes(), &list).await.file();
    assert!(list.contains("翛**") && !list.contains(PUPIL_CORRECTED), "masked: {list}");
}

/// The receiving account is proposed and approved.
async fn account(platform: &mut Platform) {
    let path = format!("/schools/{SCHOOL}/account/proposal");
    let wanted = |number: &str| -> Value {
        json!({"holder": "示例学校", "bank": "中国工商银行", "number": number, "reason": "首次登记"})
    };
    let (finance, principal) = (at_school("F000000001", "school_finance"), at_school("P000000001", "principal"));
    let new = ("If-Match", "\"0\"");
    let long = wanted(&format!("{NUMBER}-{NUMBER}"));
    assert_eq!(ask!(platform, school, &finance, "PUT", path, &[new], long).status, 422);
    assert!(ask!(platform, school, &finance, "PUT", path, &[new], wanted(NUMBER)).status.is_success());
    let approve = event("POST", &format!("/schools/{SCHOOL}/account/approve"), &principal, &[FIRST], None);
    platform.done(school::routes(), &approve).await;
    let shown = event("GET", &format!("/schools/{SCHOOL}/account"), &finance, &[], None);
    platform.done(school::routes(), &shown).await;
}
