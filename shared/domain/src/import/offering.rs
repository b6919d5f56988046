//! Offerings (开课计划) as rows: within the specification's price and size, at periods that the school has. S5 S8 S12.

use std::collections::BTreeSet;

use super::column::{Column, SCHOOL_CODE, TERM_CODE};
use super::course::{COURSE_CODE, SPECIFICATION_CODE, UNIT_PRICE};
use super::field::{self, Fields};
use super::known::Known;
use super::place;
use crate::catalog::{Course, Fee, Offering, OfferingState, Slot, Specification, Term, Weekday, Weeks};
use crate::directory::{Grade, School};
use crate::id::{CourseCode, OfferingId, SpecificationCode, TermCode};
use crate::money::Money;

const CAPACITY: Column = Column::required("班额", "30");
const LESSONS: Column = Column::required("课时数", "16");
const MATERIALS: [Column; 2] =
    [Column::optional("教材费(元)", "35.00"), Column::optional("教材费可不选", "是").one_of(&["是", "否"])];
const SUNDRY: [Column; 2] =
    [Column::optional("杂费(元)", "20.00"), Column::optional("杂费可不选", "否").one_of(&["是", "否"])];
const GRADES: Column = Column::required("适用年级", "一年级至三年级、五年级");
const EXCLUSIVE: Column = Column::optional("互斥组", "A");
const SLOTS: Column = Column::required("上课时间", "周三1;周五2单");
const TEACHER: Column = Column::optional("任课教师", "示例老师");
const ROOM: Column = Column::optional("场室", "书法室");
const STATE: Column = Column::required("状态", "开放").one_of(&["草稿", "开放", "取消"]);

/// The columns of offerings.
pub(super) const OFFERING: &[Column] = &[
    SCHOOL_CODE,
    TERM_CODE,
    COURSE_CODE.identifying(),
    SPECIFICATION_CODE,
    CAPACITY,
    LESSONS,
    UNIT_PRICE,
    MATERIALS[0],
    MATERIALS[1],
    SUNDRY[0],
    SUNDRY[1],
    GRADES,
    EXCLUSIVE,
    SLOTS,
    TEACHER,
    ROOM,
    STATE,
];

/// Lessons of the longest offering: two each day of the longest term.
const LESSON_LIMIT: u16 = 400;

/// Seats of the largest offering.
const SEAT_LIMIT: u16 = 500;

/// Weekly periods of an offering.
const SLOT_LIMIT: usize = 21;

/// What an offering refers to.
struct Grounds<'k> {
    school: &'k School,
    term: &'k Term,
    course: &'k Course,
    specification: &'k Specification,
}

pub(super) fn offering(fields: &mut Fields<'_>, known: &Known) -> Option<Offering> {
    let grounds = grounds(fields, known);
    let capacity = fields.read(&CAPACITY, field::whole(1, SEAT_LIMIT));
    let lessons = fields.read(&LESSONS, field::whole(1, LESSON_LIMIT));
    let unit_price = fields.read(&UNIT_PRICE, field::yuan);
    let materials = fee(fields, &MATERIALS);
    let sundry = fee(fields, &SUNDRY);
    let grades = fields.read(&GRADES, grades);
    let exclusive = fields.maybe(&EXCLUSIVE, field::words(20));
    let slots = fields.read(&SLOTS, slots);
    let teacher = fields.maybe(&TEACHER, field::words(40));
    let room = fields.maybe(&ROOM, field::words(40));
    let states = [("草稿", OfferingState::Draft), ("开放", OfferingState::Open), ("取消", OfferingState::Cancelled)];
    let state = fields.read(&STATE, field::choice(&states));
    let grounds = grounds?;
    let offering = Offering {
        id: OfferingId::new(&grounds.school.code, &grounds.term.code, &grounds.course.code),
        title: grounds.course.title.clone(),
        origin: grounds.course.origin,
        category: grounds.course.category,
        provider: grounds.course.provider.clone(),
        summary: grounds.course.summary.clone(),
        specification: grounds.specification.code.clone(),
        capacity: capacity?,
        lessons: lessons?,
        unit_price: unit_price?,
        materials: materials?,
        sundry: sundry?,
        grades: grades?,
        exclusive: exclusive?,
        slots: slots?,
        teacher: teacher?.unwrap_or_default(),
        room: room?.unwrap_or_default(),
        state: state?,
    };
    judge(fields, &grounds, &offering);
    Some(offering)
}

fn grounds<'k>(fields: &mut Fields<'_>, known: &'k Known) -> Option<Grounds<'k>> {
    let school = fields.school(&SCHOOL_CODE, known);
    let term: Option<TermCode> =
        fields.read(&TERM_CODE, |text| field::plain(text).parse().map_err(|_malformed| "应如 2026-2027-1".to_owned()));
    let course: Option<CourseCode> = fields.read(&COURSE_CODE, field::code);
    let specification: Option<SpecificationCode> = fields.read(&SPECIFICATION_CODE, field::code);
    let specification = specification.and_then(|code| {
        let found = known.specifications.get(&code);
        if found.is_none() {
            fields.fault(&SPECIFICATION_CODE, format!("没有编号为「{code}」的课程规格,请核对或先导入课程规格"));
        }
        found
    });
    let school = school?;
    let term = term.and_then(|code| {
        let found = known.terms.get(&(school.code.clone(), code.clone()));
        if found.is_none() {
            fields.fault(&TERM_CODE, format!("{}没有 {code} 学期,请核对或先导入学期", school.name));
        }
        found
    });
    let course = course.and_then(|code| {
        let found = known.courses.get(&(school.code.clone(), code.clone()));
        if found.is_none() {
            fields.fault(&COURSE_CODE, format!("{}没有编号为「{code}」的课程,请核对或先导入课程", school.name));
        }
        found
    });
    Some(Grounds { school, term: term?, course: course?, specification: specification? })
}

/// What the city, the school and the bells say about an offering.
fn judge(fields: &mut Fields<'_>, grounds: &Grounds<'_>, offering: &Offering) {
    let specification = grounds.specification;
    if offering.unit_price > specification.unit_price {
        fields.fault(
            &UNIT_PRICE,
            format!(
                "不能高于规格「{}」的单价 {} 元,填的是「{}」,请降低单价或换用其他规格",
                specification.code, specification.unit_price, offering.unit_price
            ),
        );
    }
    if !(specification.smallest..=specification.largest).contains(&offering.capacity) {
        fields.fault(
            &CAPACITY,
            format!(
                "规格「{}」的班额为 {} 至 {} 人,填的是「{}」,请修改班额或换用其他规格",
                specification.code, specification.smallest, specification.largest, offering.capacity
            ),
        );
    }
    let (lowest, highest) = grounds.school.grade_span().into_inner();
    if let Some(grade) = offering.grades.iter().find(|grade| !(lowest..=highest).contains(*grade)) {
        fields.fault(&GRADES, place::outside(grounds.school, *grade));
    }
    let unknown = |slot: &&Slot| !grounds.term.periods.iter().any(|period| period.number == slot.period);
    if let Some(slot) = offering.slots.iter().find(unknown) {
        let day = slot.weekday.chinese();
        fields.fault(
            &SLOTS,
            format!(
                "{}的作息没有第 {} 节,填的是「{day}{}」,请修改或先补充作息时间",
                grounds.school.name, slot.period, slot.period
            ),
        );
    }
}

#[expect(clippy::option_option, reason = "at fault, none, some")]
fn fee(fields: &mut Fields<'_>, [amount, optional]: &[Column; 2]) -> Option<Option<Fee>> {
    let sum = fields.maybe(amount, field::yuan);
    let may_leave = fields.maybe(optional, field::yes);
    match (sum?, may_leave?) {
        (None | Some(Money::ZERO), None | Some(false)) => Some(None),
        (None | Some(Money::ZERO), Some(true)) => {
            fields.fault(amount, format!("「{}」为「是」时须填写金额", optional.title));
            None
        }
        (Some(amount), may_leave) => Some(Some(Fee { amount, optional: may_leave.unwrap_or(false) })),
    }
}

/// `一年级至三年级、五年级`, `一至三年级`, `全部`… as a set.
fn grades(text: &str) -> Result<BTreeSet<Grade>, String> {
    let reason = || "应如「一年级至三年级、五年级」".to_owned();
    let mut grades = BTreeSet::new();
    let plain = field::plain(text);
    for part in plain.split(['、', ',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty()) {
        let (from, until) = part.split_once('至').unwrap_or((part, part));
        let digit = |text: &str| field::digit_of(text.strip_suffix("年级").unwrap_or(text));
        let (from, until) = digit(from).zip(digit(until)).ok_or_else(reason)?;
        if from > until || !part.ends_with("年级") {
            return Err(reason());
        }
        grades.extend(from..=until);
    }
    if grades.is_empty() { Err(reason()) } else { Ok(grades) }
}

/// `周三1;周五2单`.
fn slots(text: &str) -> Result<Vec<Slot>, String> {
    let plain = field::plain(text);
    let mut slots: Vec<Slot> = Vec::new();
    for part in plain.split([';', '、', ',', ' ']).map(str::trim).filter(|part| !part.is_empty()) {
        let slot = slot(part).ok_or_else(|| "应为星期加节次,单双周写在后面,如「周三1;周五2单」".to_owned())?;
        if slots.iter().any(|known| known.clashes(&slot)) {
            return Err(format!("「{part}」与前面的时间重复"));
        }
        slots.push(slot);
    }
    slots.sort();
    if slots.is_empty() || slots.len() > SLOT_LIMIT {
        return Err(format!("应有 1 至 {SLOT_LIMIT} 个时间"));
    }
    Ok(slots)
}

fn slot(part: &str) -> Option<Slot> {
    let mut characters = part.strip_prefix('周').or_else(|| part.strip_prefix("星期"))?.chars();
    let weekday = match characters.next()? {
        '一' => Weekday::Monday,
        '二' => Weekday::Tuesday,
        '三' => Weekday::Wednesday,
        '四' => Weekday::Thursday,
        '五' => Weekday::Friday,
        '六' => Weekday::Saturday,
        '日' | '天' => Weekday::Sunday,
        _ => return None,
    };
    let rest = characters.as_str();
    let (period, weeks) = if let Some(period) = rest.strip_suffix('单') {
        (period, Weeks::Odd)
    } else if let Some(period) = rest.strip_suffix('双') {
        (period, Weeks::Even)
    } else {
        (rest, Weeks::Every)
    };
    let period = period.parse().ok().filter(|period| (1..=12).contains(period))?;
    Some(Slot { weekday, period, weeks })
}
