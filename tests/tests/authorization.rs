//! Who may do what: each operation as each role in each relation, asked over its router; `docs/authorization.md` holds
//! the answers. K5.1, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "a test that meets the unexpected should stop at once; its figures are what it is run for"
)]

mod routers;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::pin::Pin;

use axum::Router;
use edge::App;
use serde_json::{Value, json};
use testkit::simulate;
use testkit::stage::{Answered, Stage, Who, event, send};
use testkit::town::Town;
use utoipa_axum::router::OpenApiRouter;

/// The school, the pupil, the order and the user that are asked for.
const SCHOOL: &str = "3144200101";
const PUPIL: &str = "S000000000";
const ORDER: &str = "20261-S000000000-01";
const HOMEROOM: &str = "3144200101.2024.02";

/// What needs no session: proved by something else, or nobody's.
const PUBLIC: [&str; 14] = [
    "answer_second_factor",
    "begin_province_sign_in",
    "change_password",
    "confirm_second_factor",
    "docs",
    "end_session",
    "finish_province_sign_in",
    "health",
    "openapi",
    "problems",
    "refresh_session",
    "set_up_second_factor",
    "sign_in_by_password",
    "wechat_callback",
];

const KEY: (&str, &str) = ("Idempotency-Key", "k-1");
const NEW: (&str, &str) = ("If-Match", "\"0\"");
const FIRST: (&str, &str) = ("If-Match", "\"1\"");
const SECOND: (&str, &str) = ("If-Match", "\"2\"");

/// A homeroom of the school, as a file.
const HOMEROOMS: &str =
    "学校标识码,学年,入学年份,班号,年级,班级名称\r\n3144200101,2026-2027,2024,1,三年级,三年级(1)班\r\n";

type Routes = fn() -> OpenApiRouter<App>;
type Asked<'a> = Pin<Box<dyn Future<Output = Answered> + 'a>>;

/// An operation, and how it is asked for what belongs to the school and the pupil above.
struct Operation {
    id: &'static str,
    ask: for<'a> fn(&'a Place, &'a Who) -> Asked<'a>,
}

/// A town, with what the operations ask for in it.
struct Place {
    routers: BTreeMap<&'static str, Router>,
    stage: Stage,
}

impl Place {
    fn new(stage: Stage) -> Self {
        let all: [(&'static str, Routes); 8] = [
            ("identity", identity::routes),
            ("directory", directory::routes),
            ("privacy", privacy::routes),
            ("people", people::routes),
            ("school", school::routes),
            ("catalog", catalog::routes),
            ("enrollment", enrollment::routes),
            ("order", order::routes),
        ];
        let router = |routes: Routes| edge::start::router(stage.app(), routes());
        let routers = all.into_iter().map(|(name, routes)| (name, router(routes))).collect();
        Self { routers, stage }
    }

    async fn ask(
        &self,
        who: &Who,
        function: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answered {
        let body = body.map(|body| body.to_string());
        send(&self.routers[function], &event(method, path, who, headers, body.as_deref())).await
    }

    /// The same by somebody who may, to come to where an operation begins.
    async fn done(
        &self,
        who: &Who,
        function: &str,
        way: (&str, &str),
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Value {
        let answered = self.ask(who, function, way, headers, body).await;
        assert!(answered.status.is_success(), "{} {}: {}", way.0, way.1, answered.text);
        answered.json()
    }

    async fn ordered(&self) {
        self.done(&guardian(), "enrollment", ("POST", "/enrollments"), &[KEY], Some(choices())).await;
    }

    async fn paying(&self) {
        self.ordered().await;
        let path = format!("/orders/{ORDER}/payments");
        self.done(&guardian(), "order", ("POST", &path), &[KEY], Some(native())).await;
    }

    /// A member of the school's staff.
    async fn user(&self) -> String {
        let by = of("school_admin@school:3144200101");
        let added = self.done(&by, "directory", ("POST", "/users"), &[], Some(staff())).await;
        added["person_id"].as_str().expect("an identifier").to_owned()
    }

    /// A change of roles that waits.
    async fn role_change(&self) -> String {
        let edits = json!({"edits": [{"role": "steward", "add": ["export"]}], "reason": "名册"});
        let by = of("security_admin@platform");
        let proposed = self.done(&by, "directory", ("POST", "/role-changes"), &[KEY], Some(edits)).await;
        proposed["change_id"].as_str().expect("an identifier").to_owned()
    }

    /// A review of the school's accounts.
    async fn review(&self) -> String {
        let by = of("security_admin@platform");
        let body = json!({"school": SCHOOL});
        let drawn = self.done(&by, "directory", ("POST", "/access-reviews"), &[KEY], Some(body)).await;
        drawn["review_id"].as_str().expect("an identifier").to_owned()
    }

    /// A file that was checked.
    async fn import(&self) -> String {
        let who = of("school_admin@school:3144200101");
        let submitted = self.done(&who, "school", ("POST", "/imports"), &[], Some(homerooms())).await;
        submitted["import_id"].as_str().expect("an identifier").to_owned()
    }

    /// A homeroom of the school.
    async fn homeroom(&self) {
        let path = format!("/homerooms/{HOMEROOM}");
        let by = of("school_admin@school:3144200101");
        self.done(&by, "people", ("PUT", &path), &[NEW], Some(homeroom("三年级(2)班"))).await;
    }

    async fn room(&self) {
        let path = format!("/rooms/{SCHOOL}.R301");
        self.done(&of("school_admin@school:3144200101"), "school", ("PUT", &path), &[NEW], Some(room())).await;
    }

    /// A provider.
    async fn provider(&self) {
        let way = ("PUT", "/organizations/P001");
        self.done(&of("system_admin@platform"), "school", way, &[NEW], Some(provider())).await;
    }

    /// A provider that is blacklisted.
    async fn blacklisted(&self) {
        self.provider().await;
        let way = ("POST", "/organizations/P001/blacklist");
        self.done(&of("system_admin@platform"), "school", way, &[FIRST], Some(json!({"reason": "虚假宣传"}))).await;
    }

    /// Somebody's request to see a person's data in full.
    async fn reveal(&self, by: &str, kind: &str, id: &str) -> String {
        let by = Who::Person(by.to_owned(), "school_admin@school:3144200101".to_owned());
        let asked = self.done(&by, "privacy", ("POST", "/reveals"), &[KEY], Some(reveal(kind, id))).await;
        asked["reveal_id"].as_str().expect("an identifier").to_owned()
    }

    /// A request of the pupil's guardian.
    async fn privacy_request(&self) -> String {
        let way = ("POST", "/me/privacy-requests");
        let asked = self.done(&guardian(), "privacy", way, &[KEY], Some(correction())).await;
        asked["request_id"].as_str().expect("an identifier").to_owned()
    }

    /// A proposal to destroy the school's keys.
    async fn shredding(&self) {
        let body = json!({"school": SCHOOL, "reason": "学校撤并"});
        let way = ("POST", "/keys/3144200101/shredding");
        self.done(&of("security_admin@platform"), "privacy", way, &[], Some(body)).await;
    }

    /// A change of the receiving account that waits.
    async fn proposal(&self) {
        let path = format!("/schools/{SCHOOL}/account/proposal");
        self.done(&of("school_finance@school:3144200101"), "school", ("PUT", &path), &[NEW], Some(account())).await;
    }
}

/// Somebody at work before the caller comes.
fn of(grant: &str) -> Who {
    Who::Person("Z000000001".to_owned(), grant.to_owned())
}

fn guardian() -> Who {
    Who::Guardian("G000000000".to_owned())
}

fn choices() -> Value {
    json!({"student_id": PUPIL, "term": "2026-2027-1", "choices": [{"offering_id": "3144200101.2026-2027-1.K1"}]})
}

fn native() -> Value {
    json!({"channel": "wechat", "method": "native"})
}

fn staff() -> Value {
    json!({"name": "王小明", "phone": "13800000001", "home": SCHOOL, "grants": []})
}

fn homeroom(name: &str) -> Value {
    json!({"name": name, "school_year": "2026-2027", "grade": 3})
}

fn pupil() -> Value {
    json!({"name": "李一诺", "number": "L442000201701010099", "sex": "female"})
}

fn parent() -> Value {
    json!({"name": "李建国", "phone": "13800000009"})
}

fn room() -> Value {
    json!({"name": "书法室", "place": "三楼", "purpose": "书法", "capacity": 40})
}

fn provider() -> Value {
    json!({"kind": "provider", "name": "示例艺术培训有限公司", "credit_code": "91350100M000100Y43"})
}

fn base_data() -> Value {
    json!({"name": "五桂山第一小学", "township": "442000006000", "stages": ["primary"], "address": "示例路 1 号"})
}

fn bells() -> Value {
    json!({"periods": [
        {"number": 1, "name": "课后第一节", "from_minute": 1000, "until_minute": 1040},
        {"number": 2, "name": "课后第二节", "from_minute": 1045, "until_minute": 1085},
        {"number": 3, "name": "课后第三节", "from_minute": 1090, "until_minute": 1130},
    ]})
}

fn reveal(kind: &str, id: &str) -> Value {
    json!({"kind": kind, "id": id, "purpose": "核对学籍变动"})
}

fn correction() -> Value {
    json!({"kind": "correction", "student_id": PUPIL, "text": "姓名写错了"})
}

fn account() -> Value {
    json!({"holder": "五桂山第一小学", "bank": "中国工商银行", "number": "6222021234567890", "reason": "首次登记"})
}

fn homerooms() -> Value {
    use base64::Engine as _;
    let content = base64::engine::general_purpose::STANDARD.encode(HOMEROOMS);
    json!({"kind": "homerooms", "file_name": "行政班.csv", "content_base64": content})
}

/// What is asked for by school or, by a guardian, by the child.
fn by_child_or_school(who: &Who, path: &str, rest: &str) -> String {
    match who {
        Who::Guardian(_) => format!("{path}?student_id={PUPIL}{rest}"),
        Who::Nobody | Who::Staff(_) | Who::Person(..) => format!("{path}?school={SCHOOL}{rest}"),
    }
}

macro_rules! operation {
    ($id:literal, |$place:ident, $who:ident| $asked:expr) => {
        Operation { id: $id, ask: |$place, $who| Box::pin(async move { $asked }) }
    };
}

/// Every operation that wants a session.
fn operations() -> Vec<Operation> {
    let mut all = of_users();
    all.extend(of_roles());
    all.extend(of_organizations());
    all.extend(of_keys());
    all.extend(of_reveals());
    all.extend(of_privacy());
    all.extend(of_people());
    all.extend(of_school());
    all.extend(of_catalog());
    all.extend(of_orders());
    all
}

fn of_users() -> Vec<Operation> {
    vec![
        operation!("show_me", |place, who| place.ask(who, "identity", ("GET", "/me"), &[], None).await),
        operation!("set_password", |place, who| {
            let body = json!({"new_password": "Ein-langes-Passwort-4711"});
            place.ask(who, "identity", ("PUT", "/me/password"), &[], Some(body)).await
        }),
        operation!("list_users", |place, who| {
            let path = format!("/users?school={SCHOOL}");
            place.ask(who, "directory", ("GET", &path), &[], None).await
        }),
        operation!("add_user", |place, who| place.ask(who, "directory", ("POST", "/users"), &[], Some(staff())).await),
        operation!("show_user", |place, who| {
            let path = format!("/users/{}", place.user().await);
            place.ask(who, "directory", ("GET", &path), &[], None).await
        }),
        operation!("freeze_user", |place, who| {
            let path = format!("/users/{}/freeze", place.user().await);
            place.ask(who, "directory", ("POST", &path), &[FIRST], Some(json!({"reason": "离职"}))).await
        }),
        operation!("unfreeze_user", |place, who| {
            let user = place.user().await;
            let (freeze, path) = (format!("/users/{user}/freeze"), format!("/users/{user}/unfreeze"));
            let by = of("school_admin@school:3144200101");
            place.done(&by, "directory", ("POST", &freeze), &[FIRST], Some(json!({"reason": "离职"}))).await;
            place.ask(who, "directory", ("POST", &path), &[SECOND], None).await
        }),
        operation!("regrant_user", |place, who| {
            let path = format!("/users/{}/grants", place.user().await);
            place.ask(who, "directory", ("PUT", &path), &[FIRST], Some(json!({"grants": []}))).await
        }),
        operation!("reset_password", |place, who| {
            let path = format!("/users/{}/password-reset", place.user().await);
            place.ask(who, "directory", ("POST", &path), &[], None).await
        }),
    ]
}

fn of_roles() -> Vec<Operation> {
    vec![
        operation!("draw_up_review", |place, who| {
            let body = json!({"school": SCHOOL});
            place.ask(who, "directory", ("POST", "/access-reviews"), &[KEY], Some(body)).await
        }),
        operation!("list_reviews", |place, who| {
            place.ask(who, "directory", ("GET", "/access-reviews"), &[], None).await
        }),
        operation!("show_review", |place, who| {
            let path = format!("/access-reviews/{}", place.review().await);
            place.ask(who, "directory", ("GET", &path), &[], None).await
        }),
        operation!("sign_off_review", |place, who| {
            let path = format!("/access-reviews/{}/sign-off", place.review().await);
            let body = json!({"conclusion": "权限与岗位相符"});
            place.ask(who, "directory", ("POST", &path), &[FIRST], Some(body)).await
        }),
        operation!("list_roles", |place, who| place.ask(who, "directory", ("GET", "/roles"), &[], None).await),
        operation!("list_permissions", |place, who| {
            place.ask(who, "directory", ("GET", "/permissions"), &[], None).await
        }),
        operation!("list_role_changes", |place, who| {
            place.ask(who, "directory", ("GET", "/role-changes"), &[], None).await
        }),
        operation!("propose_role_change", |place, who| {
            let edits = json!({"edits": [{"role": "patrol_teacher", "add": ["view_people"]}], "reason": "巡课"});
            place.ask(who, "directory", ("POST", "/role-changes"), &[KEY], Some(edits)).await
        }),
        operation!("approve_role_change", |place, who| {
            let path = format!("/role-changes/{}/approve", place.role_change().await);
            place.ask(who, "directory", ("POST", &path), &[], None).await
        }),
        operation!("reject_role_change", |place, who| {
            let path = format!("/role-changes/{}/reject", place.role_change().await);
            place.ask(who, "directory", ("POST", &path), &[], None).await
        }),
        operation!("search_audit", |place, who| {
            let path = "/audit-entries?thing=directory%23SCHOOLS%23SCHOOL";
            place.ask(who, "directory", ("GET", path), &[], None).await
        }),
    ]
}

fn of_keys() -> Vec<Operation> {
    vec![
        operation!("list_keys", |place, who| {
            place.ask(who, "privacy", ("GET", "/keys/3144200101"), &[], None).await
        }),
        operation!("rotate_key", |place, who| {
            place.ask(who, "privacy", ("POST", "/keys/3144200101/rotate"), &[KEY], None).await
        }),
        operation!("propose_shredding", |place, who| {
            let body = json!({"school": SCHOOL, "reason": "学校撤并"});
            place.ask(who, "privacy", ("POST", "/keys/3144200101/shredding"), &[], Some(body)).await
        }),
        operation!("approve_shredding", |place, who| {
            place.shredding().await;
            let way = ("POST", "/keys/3144200101/shredding/approve");
            place.ask(who, "privacy", way, &[], Some(json!({"school": SCHOOL}))).await
        }),
        operation!("reject_shredding", |place, who| {
            place.shredding().await;
            place.ask(who, "privacy", ("POST", "/keys/3144200101/shredding/reject"), &[], None).await
        }),
    ]
}

fn of_reveals() -> Vec<Operation> {
    vec![
        operation!("ask_reveal", |place, who| {
            place.ask(who, "privacy", ("POST", "/reveals"), &[KEY], Some(reveal("student", PUPIL))).await
        }),
        operation!("list_reveals", |place, who| {
            place.reveal("Z000000001", "student", PUPIL).await;
            place.ask(who, "privacy", ("GET", "/reveals?school=3144200101"), &[], None).await
        }),
        operation!("show_reveal", |place, who| {
            // Asked by the person who asks again: nobody else is shown it.
            let path = format!("/reveals/{}", place.reveal("A000000001", "guardian", "G000000000").await);
            place.ask(who, "privacy", ("GET", &path), &[], None).await
        }),
        operation!("approve_reveal", |place, who| {
            let path = format!("/reveals/{}/approve", place.reveal("Z000000001", "student", PUPIL).await);
            place.ask(who, "privacy", ("POST", &path), &[], None).await
        }),
        operation!("reject_reveal", |place, who| {
            let path = format!("/reveals/{}/reject", place.reveal("Z000000001", "student", PUPIL).await);
            place.ask(who, "privacy", ("POST", &path), &[], None).await
        }),
    ]
}

fn of_privacy() -> Vec<Operation> {
    vec![
        operation!("show_privacy", |place, who| place.ask(who, "privacy", ("GET", "/me/privacy"), &[], None).await),
        operation!("export_privacy", |place, who| {
            place.ask(who, "privacy", ("GET", "/me/privacy/export"), &[], None).await
        }),
        operation!("ask_privacy_request", |place, who| {
            let way = ("POST", "/me/privacy-requests");
            place.ask(who, "privacy", way, &[KEY], Some(correction())).await
        }),
        operation!("list_privacy_requests", |place, who| {
            place.privacy_request().await;
            place.ask(who, "privacy", ("GET", "/privacy-requests?school=3144200101"), &[], None).await
        }),
        operation!("decide_privacy_request", |place, who| {
            let path = format!("/privacy-requests/{}/decide", place.privacy_request().await);
            let body = json!({"approved": true, "reason": "已更正"});
            place.ask(who, "privacy", ("POST", &path), &[], Some(body)).await
        }),
        operation!("list_consents", |place, who| place.ask(who, "privacy", ("GET", "/me/consents"), &[], None).await),
        operation!("give_consent", |place, who| {
            let body = json!({"document": "child_privacy", "version": 1, "student_id": PUPIL});
            place.ask(who, "privacy", ("POST", "/me/consents"), &[], Some(body)).await
        }),
        operation!("withdraw_consent", |place, who| {
            let body = json!({"document": "child_privacy", "version": 1, "student_id": PUPIL});
            place.done(&guardian(), "privacy", ("POST", "/me/consents"), &[], Some(body)).await;
            let body = json!({"document": "child_privacy", "student_id": PUPIL});
            place.ask(who, "privacy", ("POST", "/me/consents/withdraw"), &[], Some(body)).await
        }),
    ]
}

fn of_people() -> Vec<Operation> {
    vec![
        operation!("list_homerooms", |place, who| {
            place.ask(who, "people", ("GET", "/schools/3144200101/homerooms"), &[], None).await
        }),
        operation!("show_homeroom", |place, who| {
            place.homeroom().await;
            place.ask(who, "people", ("GET", "/homerooms/3144200101.2024.02"), &[], None).await
        }),
        operation!("keep_homeroom", |place, who| {
            let way = ("PUT", "/homerooms/3144200101.2024.03");
            place.ask(who, "people", way, &[NEW], Some(homeroom("三年级(3)班"))).await
        }),
        operation!("list_students", |place, who| {
            place.homeroom().await;
            place.ask(who, "people", ("GET", "/homerooms/3144200101.2024.02/students"), &[], None).await
        }),
        operation!("add_student", |place, who| {
            place.homeroom().await;
            let way = ("POST", "/homerooms/3144200101.2024.02/students");
            place.ask(who, "people", way, &[], Some(pupil())).await
        }),
        operation!("show_student", |place, who| {
            place.ask(who, "people", ("GET", "/students/S000000000"), &[], None).await
        }),
        operation!("edit_student", |place, who| {
            place.homeroom().await;
            let body = json!({"sex": "female", "homeroom_id": HOMEROOM, "waivers": []});
            place.ask(who, "people", ("PUT", "/students/S000000000"), &[FIRST], Some(body)).await
        }),
        operation!("link_guardian", |place, who| {
            place.ask(who, "people", ("POST", "/students/S000000000/guardians"), &[], Some(parent())).await
        }),
        operation!("unlink_guardian", |place, who| {
            place.ask(who, "people", ("DELETE", "/students/S000000000/guardians/G000000000"), &[], None).await
        }),
        operation!("list_staff", |place, who| {
            place.ask(who, "people", ("GET", "/schools/3144200101/staff"), &[], None).await
        }),
        operation!("edit_posts", |place, who| {
            let path = format!("/users/{}/posts", place.user().await);
            let body = json!({"posts": [{"kind": "teaching", "subjects": ["书法"]}]});
            place.ask(who, "people", ("PUT", &path), &[FIRST], Some(body)).await
        }),
        operation!("export_people", |place, who| {
            place.ask(who, "people", ("GET", "/schools/3144200101/exports/students"), &[], None).await
        }),
        operation!("preview_promotion", |place, who| {
            let path = "/schools/3144200101/promotion?school_year=2026-2027";
            place.ask(who, "people", ("GET", path), &[], None).await
        }),
        operation!("promote", |place, who| {
            let body = json!({"school_year": "2026-2027"});
            place.ask(who, "people", ("POST", "/schools/3144200101/promotion"), &[KEY], Some(body)).await
        }),
    ]
}

fn of_school() -> Vec<Operation> {
    vec![
        operation!("list_children", |place, who| place.ask(who, "school", ("GET", "/children"), &[], None).await),
        operation!("list_schools", |place, who| place.ask(who, "school", ("GET", "/schools"), &[], None).await),
        operation!("show_school", |place, who| {
            place.ask(who, "school", ("GET", "/schools/3144200101"), &[], None).await
        }),
        operation!("keep_school", |place, who| {
            place.ask(who, "school", ("PUT", "/schools/3144200101"), &[FIRST], Some(base_data())).await
        }),
        operation!("show_calendar", |place, who| {
            place.ask(who, "school", ("GET", "/terms/3144200101.2026-2027-1/calendar"), &[], None).await
        }),
        operation!("edit_calendar", |place, who| {
            let way = ("PUT", "/terms/3144200101.2026-2027-1/calendar");
            place.ask(who, "school", way, &[NEW], Some(json!({"days": []}))).await
        }),
        operation!("show_holidays", |place, who| {
            place.ask(who, "school", ("GET", "/holidays/2026"), &[], None).await
        }),
        operation!("edit_holidays", |place, who| {
            place.ask(who, "school", ("PUT", "/holidays/2026"), &[NEW], Some(json!({"days": []}))).await
        }),
        operation!("list_rooms", |place, who| {
            place.ask(who, "school", ("GET", "/schools/3144200101/rooms"), &[], None).await
        }),
        operation!("show_room", |place, who| {
            place.room().await;
            place.ask(who, "school", ("GET", "/rooms/3144200101.R301"), &[], None).await
        }),
        operation!("keep_room", |place, who| {
            place.ask(who, "school", ("PUT", "/rooms/3144200101.R302"), &[NEW], Some(room())).await
        }),
        operation!("show_account", |place, who| {
            place.ask(who, "school", ("GET", "/schools/3144200101/account"), &[], None).await
        }),
        operation!("propose_account", |place, who| {
            let way = ("PUT", "/schools/3144200101/account/proposal");
            place.ask(who, "school", way, &[NEW], Some(account())).await
        }),
        operation!("approve_account", |place, who| {
            place.proposal().await;
            place.ask(who, "school", ("POST", "/schools/3144200101/account/approve"), &[FIRST], None).await
        }),
        operation!("reject_account", |place, who| {
            place.proposal().await;
            place.ask(who, "school", ("POST", "/schools/3144200101/account/reject"), &[FIRST], None).await
        }),
        operation!("submit_import", |place, who| {
            place.ask(who, "school", ("POST", "/imports"), &[], Some(homerooms())).await
        }),
        operation!("show_import", |place, who| {
            let path = format!("/imports/{}", place.import().await);
            place.ask(who, "school", ("GET", &path), &[], None).await
        }),
        operation!("show_import_errors", |place, who| {
            let path = format!("/imports/{}/errors", place.import().await);
            place.ask(who, "school", ("GET", &path), &[], None).await
        }),
        operation!("apply_import", |place, who| {
            let path = format!("/imports/{}/apply", place.import().await);
            place.ask(who, "school", ("POST", &path), &[KEY], Some(json!({}))).await
        }),
    ]
}

fn of_organizations() -> Vec<Operation> {
    vec![
        operation!("list_organizations", |place, who| {
            place.ask(who, "school", ("GET", "/organizations"), &[], None).await
        }),
        operation!("show_organization", |place, who| {
            place.provider().await;
            place.ask(who, "school", ("GET", "/organizations/P001"), &[], None).await
        }),
        operation!("keep_organization", |place, who| {
            place.ask(who, "school", ("PUT", "/organizations/P002"), &[NEW], Some(provider())).await
        }),
        operation!("blacklist_organization", |place, who| {
            place.provider().await;
            let way = ("POST", "/organizations/P001/blacklist");
            place.ask(who, "school", way, &[FIRST], Some(json!({"reason": "虚假宣传"}))).await
        }),
        operation!("unblacklist_organization", |place, who| {
            place.blacklisted().await;
            place.ask(who, "school", ("POST", "/organizations/P001/unblacklist"), &[SECOND], None).await
        }),
    ]
}

fn of_catalog() -> Vec<Operation> {
    vec![
        operation!("show_bells", |place, who| {
            place.ask(who, "catalog", ("GET", "/terms/3144200101.2026-2027-1/bells"), &[], None).await
        }),
        operation!("edit_bells", |place, who| {
            let way = ("PUT", "/terms/3144200101.2026-2027-1/bells");
            place.ask(who, "catalog", way, &[FIRST], Some(bells())).await
        }),
        operation!("list_terms", |place, who| {
            let path = by_child_or_school(who, "/terms", "");
            place.ask(who, "catalog", ("GET", &path), &[], None).await
        }),
        operation!("edit_term", |place, who| {
            let way = ("PATCH", "/terms/3144200101.2026-2027-1");
            place.ask(who, "catalog", way, &[FIRST], Some(json!({"limit": 4}))).await
        }),
        operation!("list_offerings", |place, who| {
            let path = by_child_or_school(who, "/offerings", "&term=2026-2027-1");
            place.ask(who, "catalog", ("GET", &path), &[], None).await
        }),
        operation!("show_offering", |place, who| {
            let path = "/offerings/3144200101.2026-2027-1.K1";
            let child = format!("{path}?student_id={PUPIL}");
            let path = if matches!(who, Who::Guardian(_)) { &child } else { path };
            place.ask(who, "catalog", ("GET", path), &[], None).await
        }),
        operation!("edit_offering", |place, who| {
            let way = ("PATCH", "/offerings/3144200101.2026-2027-1.K1");
            place.ask(who, "catalog", way, &[FIRST], Some(json!({"room": "301"}))).await
        }),
    ]
}

fn of_orders() -> Vec<Operation> {
    vec![
        operation!("enroll", |place, who| {
            place.ask(who, "enrollment", ("POST", "/enrollments"), &[KEY], Some(choices())).await
        }),
        operation!("list_enrollments", |place, who| {
            place.ordered().await;
            let path = format!("/enrollments?student_id={PUPIL}");
            place.ask(who, "enrollment", ("GET", &path), &[], None).await
        }),
        operation!("show_order", |place, who| {
            place.ordered().await;
            place.ask(who, "order", ("GET", &format!("/orders/{ORDER}")), &[], None).await
        }),
        operation!("show_snapshot", |place, who| {
            place.ordered().await;
            place.ask(who, "order", ("GET", &format!("/orders/{ORDER}/snapshot")), &[], None).await
        }),
        operation!("show_payment", |place, who| {
            place.paying().await;
            place.ask(who, "order", ("GET", &format!("/payments/{ORDER}-1")), &[], None).await
        }),
        operation!("pay_order", |place, who| {
            place.ordered().await;
            let path = format!("/orders/{ORDER}/payments");
            place.ask(who, "order", ("POST", &path), &[("Idempotency-Key", "k-2")], Some(native())).await
        }),
        operation!("cancel_order", |place, who| {
            place.ordered().await;
            place.ask(who, "order", ("POST", &format!("/orders/{ORDER}/cancel")), &[KEY], None).await
        }),
    ]
}

/// How a caller stands to what is asked for.
const RELATIONS: [&str; 5] = ["own", "same school", "other school", "other township", "none"];

/// Each role in each relation it can stand in. None: nobody with the role stands so.
fn callers() -> Vec<(String, [Option<Who>; 5])> {
    use domain::access::Level;
    let mut all = Vec::new();
    for role in domain::access::built_in() {
        let at = |scope: &str| Some(Who::Staff(format!("{}@{scope}", role.id)));
        let of = |id: &str| Some(Who::Guardian(id.to_owned()));
        let nobody = Some(Who::Person("N000000001".to_owned(), String::new()));
        let relations = match role.level {
            Level::Children => [of("G000000000"), of("G000000001"), of("G000000008"), of("G000000009"), nobody],
            Level::Classes => {
                [None, at("classes:3144200101"), at("classes:3144200102"), at("classes:3144200901"), nobody]
            }
            Level::School => [None, at("school:3144200101"), at("school:3144200102"), at("school:3144200901"), nobody],
            Level::Provider => [None, None, at("provider:P001"), None, nobody],
            Level::Township => [None, at("township:442000006000"), None, at("township:442000007000"), nobody],
            Level::City => [None, at("city"), None, None, nobody],
            Level::Platform => [None, at("platform"), None, None, nobody],
        };
        all.push((role.id.to_string(), relations));
    }
    all
}

/// What one caller is answered, in a town of its own.
fn answer(operation: &Operation, who: &Who) -> Answered {
    simulate(1, async |world| {
        let place = Place::new(Stage::with(&world, &Town::small(4)).await);
        let answered = (operation.ask)(&place, who).await;
        drop(place.stage);
        answered
    })
}

/// What each is answered, as the page shows it: for each operation and role, the relations in which it is done.
fn page(cells: &BTreeMap<(&'static str, String), BTreeSet<usize>>, roles: &[String]) -> String {
    let mut page =
        "# Who may do what\n\nEach operation was asked for as each role in each relation to a school, a pupil \
                    and what belongs to them; what stands here was done, everything else answered 404 as if nothing \
                    was there. A test makes this page.\n\n"
            .to_owned();
    let line = |page: &mut String, cells: Vec<String>| writeln!(page, "| {} |", cells.join(" | ")).expect("text");
    line(
        &mut page,
        std::iter::once("operation".to_owned()).chain(roles.iter().map(|role| format!("`{role}`"))).collect(),
    );
    line(&mut page, vec!["---".to_owned(); roles.len() + 1]);
    let names: BTreeSet<&str> = cells.keys().map(|(name, _)| *name).collect();
    for name in names {
        let of_role = |role: &String| {
            let done = &cells[&(name, role.clone())];
            done.iter().map(|relation| RELATIONS[*relation]).collect::<Vec<_>>().join(", ")
        };
        line(&mut page, std::iter::once(format!("`{name}`")).chain(roles.iter().map(of_role)).collect());
    }
    page
}

#[test]
fn p10_each_role_does_in_each_relation_what_the_page_says_and_nothing_else() {
    let (operations, callers) = (operations(), callers());
    let roles: Vec<String> = callers.iter().map(|(role, _)| role.clone()).collect();
    let nothing = answer(&operations[2], &Who::Person("N000000001".to_owned(), String::new()));
    assert_eq!(nothing.slug(), "access/not-found");
    let (mut cells, mut count) = (BTreeMap::new(), 0);
    for operation in &operations {
        for (role, relations) in &callers {
            let mut done = BTreeSet::new();
            for (relation, who) in relations.iter().enumerate() {
                let Some(who) = who else { continue };
                count += 1;
                let answered = answer(operation, who);
                match answered.status.as_u16() {
                    200..=299 => drop(done.insert(relation)),
                    404 => assert_eq!(answered.text, nothing.text, "{}: {role}: {}", operation.id, RELATIONS[relation]),
                    // A staff member's password: guardians come in by the province alone.
                    401 | 403 if operation.id == "set_password" => {}
                    _ => panic!("{} as {role}, {}: {}", operation.id, RELATIONS[relation], answered.text),
                }
            }
            cells.insert((operation.id, role.clone()), done);
        }
    }
    println!("authorization: {} operations, {} roles, {count} cells", operations.len(), roles.len());
    let (page, path) = (page(&cells, &roles), concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/authorization.md"));
    #[expect(clippy::disallowed_methods, reason = "how the test is asked to accept what it finds")]
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(path, &page).expect("written");
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    assert!(held == page, "docs/authorization.md differs: read the difference after UPDATE=1\n{page}");
}

#[test]
fn k5_1_no_operation_is_missing_from_the_page() {
    let mut known: BTreeSet<String> = operations().iter().map(|operation| operation.id.to_owned()).collect();
    known.extend(PUBLIC.map(str::to_owned));
    let mut all = BTreeSet::new();
    for (_, document) in routers::documents() {
        let document = serde_json::to_value(document).expect("JSON");
        for methods in document["paths"].as_object().expect("paths").values() {
            let ids = methods.as_object().expect("methods").values().filter_map(|one| one["operationId"].as_str());
            all.extend(ids.map(str::to_owned));
        }
    }
    assert_eq!(known, all);
}
