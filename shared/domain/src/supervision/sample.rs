//! Sample records (样例记录): at least one of each data set, of one fictive school, each field in at least one of them.
//! They are the examples of the schemas, and what a conformance run sends. B6.1.
#![expect(clippy::expect_used, reason = "fixed texts, each of which a test reads")]

use std::str::FromStr;

use jiff::civil::{Date, date};

use super::body::{
    Body, ClassBody, ClassStudentBody, ClassTeacherBody, GuardianPart, OrderBody, OrderLinePart, PaymentBody,
    RefundBody, RefundPart, SinglePart, SlotPart, StudentAttendanceBody, StudentBody, TeacherAttendanceBody,
    TeacherBody, TeachingClassBody, WaiverPart,
};
use super::code::{
    ClassRole, ClassState, LineState, OrderPurpose, OrderStage, PaymentStage, RefundCause, RefundStage, StayEnd,
    StudentPresence, StudentState, TeacherPresence, TeacherState, TeachingState,
};
use super::record::{Place, Record};
use super::source::SourceId;
use crate::catalog::{Category, Origin, Weekday, Weeks};
use crate::directory::{Sex, Stage};
use crate::id::{ClassId, LessonId, PersonId, StudentId};
use crate::money::Money;
use crate::payment::{Channel, PayMethod};
use crate::pii::Pii;
use crate::post::PostKind;
use crate::time::Moment;

/// The school of the samples.
pub const SCHOOL: &str = "2144209999";
const TERM: &str = "2026-2027-1";
const CLASS: &str = "2144209999.2026-2027-1.SF01.01";
const ORDER: &str = "20261-7K3M9Q2XAB-01";
/// 2026-09-01 16:30 in China.
const BEGIN: Moment = Moment::from_seconds(1_788_251_400);

fn read<T: FromStr>(text: &str) -> T {
    text.parse().ok().expect("a fixed text reads")
}

fn personal(text: &str) -> Pii<String> {
    Pii::new(text.to_owned())
}

fn student() -> StudentId {
    read("7K3M9Q2XAB")
}

fn teacher() -> PersonId {
    read("T5M9Q2XAB7")
}

fn guest() -> PersonId {
    read("G5M9Q2XAB7")
}

fn class() -> ClassId {
    read(CLASS)
}

fn lesson() -> LessonId {
    read(&format!("{CLASS}.001"))
}

fn day() -> Date {
    date(2026, 9, 2)
}

/// The samples, what is referred to before what refers to it.
pub fn records(version: u64) -> Vec<Record> {
    let mut records = people(version);
    records.extend(money(version));
    records.extend(teaching(version));
    records.extend(presence(version));
    records
}

fn always() -> Place {
    Place { school: read(SCHOOL), term: None, day: None }
}

fn in_term(day: Option<Date>) -> Place {
    Place { school: read(SCHOOL), term: Some(read(TERM)), day }
}

fn people(version: u64) -> Vec<Record> {
    let homeroom = read(&format!("{SCHOOL}.2024.02"));
    let class = ClassBody {
        number: 2,
        name: "三年级(2)班".to_owned(),
        stage: Stage::Primary,
        grade: 3,
        entry_year: 2024,
        state: ClassState::Active,
        graduated: None,
    };
    let left = ClassBody {
        number: 1,
        name: "2020级(1)班".to_owned(),
        grade: 6,
        entry_year: 2020,
        state: ClassState::Graduated,
        graduated: Some(2026),
        ..class.clone()
    };
    let pupil = StudentBody {
        number: personal("L442000201809010001"),
        name: personal("样例学生"),
        sex: Sex::Female,
        class: SourceId::class(&homeroom),
        grade: 3,
        state: StudentState::Attending,
        graduated: None,
        waivers: vec![WaiverPart { reason: "低保家庭".to_owned(), percent: 50 }],
        guardians: vec![GuardianPart { name: personal("样例家长"), phone: personal("13800000000") }],
    };
    let gone = StudentBody {
        number: personal("L442000201409010002"),
        class: SourceId::class(&read(&format!("{SCHOOL}.2020.01"))),
        grade: 6,
        state: StudentState::Graduated,
        graduated: Some(2026),
        waivers: Vec::new(),
        guardians: Vec::new(),
        ..pupil.clone()
    };
    let master = TeacherBody {
        name: personal("样例教师"),
        phone: personal("13900000000"),
        posts: vec![PostKind::Teaching, PostKind::Patrol],
        subjects: vec!["书法".to_owned()],
        state: TeacherState::Active,
    };
    let of = |source, body| Record::of(always(), source, version, BEGIN, body);
    vec![
        of(SourceId::class(&homeroom), Body::Class(class)),
        of(SourceId::class(&read(&format!("{SCHOOL}.2020.01"))), Body::Class(left)),
        of(SourceId::student(&student()), Body::Student(pupil)),
        of(SourceId::student(&read("8K3M9Q2XAB")), Body::Student(gone)),
        of(SourceId::teacher(&read(SCHOOL), &teacher()), Body::Teacher(master)),
    ]
}

fn line() -> OrderLinePart {
    OrderLinePart {
        course: read("SF01"),
        offering: read(&format!("{SCHOOL}.{TERM}.SF01")),
        title: "书法入门".to_owned(),
        lessons: 16,
        unit_price: Money::from_fen(2_500),
        tuition: Money::from_fen(40_000),
        waived: Money::from_fen(20_000),
        waived_reason: Some("低保家庭".to_owned()),
        materials: Money::from_fen(3_000),
        sundry: Money::from_fen(500),
        amount: Money::from_fen(23_500),
        state: LineState::Left,
        left_on: Some(date(2026, 10, 12)),
        refunded: Money::from_fen(10_000),
    }
}

fn money(version: u64) -> Vec<Record> {
    let first = SourceId::order(&read(ORDER));
    let order = OrderBody {
        no: read(ORDER),
        student: SourceId::student(&student()),
        purpose: OrderPurpose::Enrollment,
        continues: None,
        placed_at: BEGIN,
        deadline: BEGIN.plus_minutes(15),
        state: OrderStage::Paid,
        total: Money::from_fen(23_500),
        paid: Money::from_fen(23_500),
        paid_at: Some(BEGIN.plus_minutes(3)),
        refunded: Money::from_fen(10_000),
        lines: vec![line()],
    };
    let later = "20261-7K3M9Q2XAB-02";
    let part = OrderBody {
        no: read(later),
        purpose: OrderPurpose::Instalment,
        continues: Some(first.clone()),
        state: OrderStage::Pending,
        paid: Money::ZERO,
        paid_at: None,
        ..order.clone()
    };
    let payment_no = read(&format!("{ORDER}-1"));
    let payment = PaymentBody {
        no: read(&format!("{ORDER}-1")),
        order: first.clone(),
        student: SourceId::student(&student()),
        channel: Channel::Wechat,
        method: PayMethod::Jsapi,
        merchant: "1900000299".to_owned(),
        transaction: Some("4200000000202609010000000001".to_owned()),
        amount: Money::from_fen(23_500),
        state: PaymentStage::Succeeded,
        sent_at: BEGIN.plus_minutes(1),
        paid_at: Some(BEGIN.plus_minutes(3)),
    };
    let refund = RefundBody {
        no: read(&format!("{ORDER}-1-R1")),
        payment: SourceId::payment(&payment_no),
        order: first.clone(),
        amount: Money::from_fen(10_000),
        parts: vec![RefundPart { course: read("SF01"), lessons: 8, amount: Money::from_fen(10_000) }],
        reason: RefundCause::Withdrawal,
        state: RefundStage::Done,
        reserved_at: BEGIN.plus_minutes(60 * 24 * 40),
        ended_at: Some(BEGIN.plus_minutes(60 * 24 * 40 + 5)),
        transaction: Some("5030000000202610110000000001".to_owned()),
    };
    let of = |source, at: Moment, body| Record::of(in_term(Some(at.day())), source, version, at, body);
    vec![
        of(first, BEGIN, Body::Order(order)),
        of(SourceId::order(&read(later)), BEGIN, Body::Order(part)),
        of(SourceId::payment(&payment_no), BEGIN.plus_minutes(3), Body::Payment(payment)),
        of(SourceId::refund(&refund.no), refund.reserved_at, Body::Refund(refund)),
    ]
}

fn teaching(version: u64) -> Vec<Record> {
    let class_source = SourceId::teaching_class(&class());
    let taught = TeachingClassBody {
        course: read("SF01"),
        offering: read(&format!("{SCHOOL}.{TERM}.SF01")),
        number: 1,
        title: "书法入门1班".to_owned(),
        origin: Origin::External,
        category: Category::Enrichment,
        specification: read("SF-A"),
        provider: Some(read("JG0001")),
        capacity: 40,
        lessons: 16,
        starts_on: Some(day()),
        ends_on: Some(date(2026, 12, 16)),
        room: Some(format!("{SCHOOL}.R301")),
        slots: vec![SlotPart { weekday: Weekday::Wednesday, period: 1, weeks: Weeks::Every }],
        singles: vec![SinglePart { date: date(2026, 10, 10), period: 2 }],
        state: TeachingState::Open,
    };
    let own = ClassTeacherBody {
        class: class_source.clone(),
        teacher: Some(SourceId::teacher(&read(SCHOOL), &teacher())),
        external_name: None,
        called: "李老师".to_owned(),
        role: ClassRole::Steward,
        current: true,
        until: None,
    };
    let outside = ClassTeacherBody {
        teacher: None,
        external_name: Some(personal("样例外聘")),
        called: "王老师".to_owned(),
        role: ClassRole::Main,
        current: false,
        until: Some(date(2026, 11, 2)),
        ..own.clone()
    };
    let stay = ClassStudentBody {
        class: class_source.clone(),
        student: SourceId::student(&student()),
        order: Some(SourceId::order(&read(ORDER))),
        from: day(),
        until: Some(date(2026, 10, 12)),
        end: Some(StayEnd::Withdrawn),
        materials_on: Some(day()),
    };
    let of = |source, body| Record::of(in_term(None), source, version, BEGIN, body);
    vec![
        of(class_source, Body::TeachingClass(taught)),
        of(SourceId::class_teacher(&class(), &teacher(), ClassRole::Steward), Body::ClassTeacher(own)),
        of(SourceId::class_teacher(&class(), &guest(), ClassRole::Main), Body::ClassTeacher(outside)),
        of(SourceId::class_student(&class(), &student(), day()), Body::ClassStudent(stay)),
    ]
}

fn presence(version: u64) -> Vec<Record> {
    let class_source = SourceId::teaching_class(&class());
    let own = TeacherAttendanceBody {
        class: class_source.clone(),
        teacher: Some(SourceId::teacher(&read(SCHOOL), &teacher())),
        external_name: None,
        called: "李老师".to_owned(),
        role: ClassRole::Steward,
        lesson_no: 1,
        date: day(),
        period: 1,
        presence: TeacherPresence::Late,
        stands_in: false,
        checked_in_at: Some(BEGIN.plus_minutes(60 * 24 + 3)),
        late_minutes: 3,
        corrected: true,
    };
    let outside = TeacherAttendanceBody {
        teacher: None,
        external_name: Some(personal("样例外聘")),
        called: "王老师".to_owned(),
        role: ClassRole::Main,
        presence: TeacherPresence::Absent,
        stands_in: true,
        checked_in_at: None,
        late_minutes: 0,
        corrected: false,
        ..own.clone()
    };
    let pupil = StudentAttendanceBody {
        class: class_source,
        student: SourceId::student(&student()),
        lesson_no: 1,
        date: day(),
        period: 1,
        presence: StudentPresence::Present,
        called_at: Some(BEGIN.plus_minutes(60 * 24 + 5)),
        corrected: false,
    };
    let of = |source, body| Record::of(in_term(Some(day())), source, version, BEGIN.plus_minutes(60 * 24), body);
    vec![
        of(SourceId::teacher_attendance(&lesson(), &teacher()), Body::TeacherAttendance(own)),
        of(SourceId::teacher_attendance(&lesson(), &guest()), Body::TeacherAttendance(outside)),
        of(SourceId::student_attendance(&lesson(), &student()), Body::StudentAttendance(pupil)),
    ]
}
