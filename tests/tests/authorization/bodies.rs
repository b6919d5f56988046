//! What is sent: each of these changes something of the school, the pupil and the order that are asked for.

use std::collections::BTreeMap;

use domain::catalog::{Category, Specification};
use domain::id::SchoolCode;
use domain::payment::Channel;
use domain::reconciliation::bill::RowKind;
use domain::reconciliation::difference::{Difference, DifferenceKind, Proof};
use domain::reconciliation::matching::Finding;
use domain::reconciliation::statement::{Day, Statement};
use domain::supervision::InboundBody;
use domain::supervision::body::InHouseCourseBody;
use domain::{Moment, Money, Tenant};
use serde_json::{Value, json};

/// The school, the pupil, the order and the user that are asked for.
pub(crate) const SCHOOL: &str = "3144200101";
pub(crate) const PUPIL: &str = "S000000000";
pub(crate) const ORDER: &str = "20261-S000000000-01";
pub(crate) const HOMEROOM: &str = "3144200101.2024.02";

pub(crate) const KEY: (&str, &str) = ("Idempotency-Key", "k-1");
pub(crate) const NEW: (&str, &str) = ("If-Match", "\"0\"");
pub(crate) const FIRST: (&str, &str) = ("If-Match", "\"1\"");
pub(crate) const SECOND: (&str, &str) = ("If-Match", "\"2\"");

/// A homeroom of the school, as a file.
const HOMEROOMS: &str =
    "学校标识码,学年,入学年份,班号,年级,班级名称\r\n3144200101,2026-2027,2024,1,三年级,三年级(1)班\r\n";

pub(crate) fn choices() -> Value {
    json!({"student_id": PUPIL, "term": "2026-2027-1", "choices": [{"offering_id": "3144200101.2026-2027-1.K1"}]})
}

/// The days that are locked.
pub(crate) fn september_days() -> Value {
    json!({"from": "2026-09-01", "until": "2026-09-02"})
}

/// A roll call of the first lesson.
pub(crate) fn roll_call() -> Value {
    json!({"at": "2026-09-01T16:35:00+08:00", "named": [{"student_id": PUPIL, "presence": "absent"}]})
}

pub(crate) fn native() -> Value {
    json!({"channel": "wechat", "method": "native"})
}

pub(crate) fn staff() -> Value {
    json!({"name": "王小明", "phone": "13800000001", "home": SCHOOL, "grants": []})
}

pub(crate) fn homeroom(name: &str) -> Value {
    json!({"name": name, "school_year": "2026-2027", "grade": 3})
}

pub(crate) fn pupil() -> Value {
    json!({"name": "李一诺", "number": "L442000201701010099", "sex": "female"})
}

pub(crate) fn parent() -> Value {
    json!({"name": "李建国", "phone": "13800000009"})
}

pub(crate) fn room() -> Value {
    json!({"name": "书法室", "place": "三楼", "purpose": "书法", "capacity": 40})
}

pub(crate) fn provider() -> Value {
    json!({"kind": "provider", "name": "示例艺术培训有限公司", "credit_code": "91350100M000100Y43"})
}

pub(crate) fn base_data() -> Value {
    json!({"name": "五桂山第一小学", "township": "442000006000", "stages": ["primary"], "address": "示例路 1 号"})
}

pub(crate) fn bells() -> Value {
    json!({"periods": [
        {"number": 1, "name": "课后第一节", "from_minute": 1000, "until_minute": 1040},
        {"number": 2, "name": "课后第二节", "from_minute": 1045, "until_minute": 1085},
        {"number": 3, "name": "课后第三节", "from_minute": 1090, "until_minute": 1130},
    ]})
}

pub(crate) fn reveal(kind: &str, id: &str) -> Value {
    json!({"kind": kind, "id": id, "purpose": "核对学籍变动"})
}

pub(crate) fn correction() -> Value {
    json!({"kind": "correction", "student_id": PUPIL, "text": "姓名写错了"})
}

/// A month to be settled.
pub(crate) fn september() -> Value {
    json!({"term": "2026-2027-1", "months": ["2026-09"]})
}

pub(crate) fn account() -> Value {
    json!({"holder": "五桂山第一小学", "bank": "中国工商银行", "number": "6222021234567890", "reason": "首次登记"})
}

pub(crate) fn homerooms() -> Value {
    use base64::Engine as _;
    let content = base64::engine::general_purpose::STANDARD.encode(HOMEROOMS);
    json!({"kind": "homerooms", "file_name": "行政班.csv", "content_base64": content})
}

/// The name of [`of_a_day`]'s difference.
pub(crate) const DIFFERENCE: &str = "3144200101.2026-09-01.missing_local.20261-S000000000-01-1";

/// The name of [`from_outside`].
pub(crate) const OUTSIDE: &str = "3144200101.2026-09-01.refund_external.X-1";

/// A refund of 50 yuan that was made in the provider's console.
pub(crate) fn from_outside(now: Moment) -> Difference {
    let finding = Finding {
        kind: DifferenceKind::RefundExternal,
        of: Tenant::School(SCHOOL.parse().expect("a code")),
        channel: Channel::Wechat,
        side: RowKind::Refund,
        number: "X-1".to_owned(),
        ours: None,
        theirs: Some(Money::from_fen(5_000)),
        proof: Proof {
            payment: format!("{ORDER}-1"),
            provider_refund_no: "50000000012026090100000001".to_owned(),
            at: Some(now),
            ..Proof::default()
        },
    };
    Difference::found(finding, jiff::civil::date(2026, 9, 1), "b111", now)
}

/// A payment the bill has and the books have not, and the statement of that day.
pub(crate) fn of_a_day(now: Moment) -> (Difference, Statement) {
    let (school, day): (SchoolCode, _) = (SCHOOL.parse().expect("a code"), jiff::civil::date(2026, 9, 1));
    let finding = Finding {
        kind: DifferenceKind::MissingLocal,
        of: Tenant::School(school.clone()),
        channel: Channel::Wechat,
        side: RowKind::Payment,
        number: format!("{ORDER}-1"),
        ours: None,
        theirs: Some(Money::from_fen(40_000)),
        proof: Proof::default(),
    };
    let facts = Day { school: &school, day, entries: &[], fees: BTreeMap::new(), receivable: Money::ZERO };
    (Difference::found(finding, day, "b111", now), Statement::draw(&facts, None, now).expect("it adds up"))
}

/// A course of the school as the city tells it.
pub(crate) fn told_course() -> InboundBody {
    InboundBody::InHouseCourse(InHouseCourseBody {
        school: SCHOOL.parse().expect("a school"),
        term: "2026-2027-1".parse().expect("a term"),
        code: "SF01".parse().expect("a code"),
        title: "书法入门".to_owned(),
        category: Category::Enrichment,
        specification: "SF-A".parse().expect("a code"),
        grades: [3].into(),
        lessons: 16,
        summary: None,
    })
}

/// The specification it names.
pub(crate) fn specification() -> Specification {
    Specification {
        code: "SF-A".parse().expect("a code"),
        subject: "书法".to_owned(),
        smallest: 10,
        largest: 40,
        lesson_minutes: 45,
        unit_price: Money::from_fen(2_500),
    }
}
