//! Attendance (考勤) as rows: a lesson of a pupil, by student number or identifier. S34.2.

use jiff::civil::Date;

use super::column::{Column, SCHOOL_CODE, STUDENT_ID, STUDENT_NUMBER, TERM_CODE};
use super::course::COURSE_CODE;
use super::field::{self, Fields};
use super::known::Known;
use super::merge::Keys;
use super::person::student_number;
use super::within;
use crate::attendance::Attendance;
use crate::catalog::Term;
use crate::id::{CourseCode, SchoolCode, StudentId, TermCode};
use crate::refund::facts::LessonState;

const NUMBER: Column = Column { required: false, identifies: false, ..STUDENT_NUMBER };
const DATE: Column = Column::required("日期", "2026-09-02").identifying();
const PERIOD: Column = Column::optional("第几节", "1");
const STATE: Column = Column::required("出勤情况", "出勤").one_of(&["出勤", "请假", "缺勤", "停课"]);
const MATERIALS: Column = Column::optional("已领教材", "是").one_of(&["是", "否"]);
const SUNDRY: Column = Column::optional("已用杂费项目", "否").one_of(&["是", "否"]);

/// The columns of attendance: a row for each lesson of a pupil.
pub(super) const ATTENDANCE: &[Column] =
    &[SCHOOL_CODE, TERM_CODE, NUMBER, STUDENT_ID, COURSE_CODE, DATE, PERIOD, STATE, MATERIALS, SUNDRY];

/// Lessons of a course on one day.
const PERIODS: u16 = 9;

pub(super) fn attendance(fields: &mut Fields<'_>, known: &Known, keys: &dyn Keys) -> Option<Attendance> {
    let school = fields.school(&SCHOOL_CODE, known);
    let term: Option<TermCode> =
        fields.read(&TERM_CODE, |text| field::plain(text).parse().map_err(|_malformed| "应如 2026-2027-1".to_owned()));
    let course: Option<CourseCode> = fields.read(&COURSE_CODE, field::code);
    let date = fields.read(&DATE, field::day);
    let period = fields.maybe(&PERIOD, field::whole(1, PERIODS));
    let states = [
        ("出勤", LessonState::Attended),
        ("请假", LessonState::OnLeave),
        ("缺勤", LessonState::Absent),
        ("停课", LessonState::NotGiven),
    ];
    let state = fields.read(&STATE, field::choice(&states));
    let (materials, sundry) = (fields.maybe(&MATERIALS, field::yes), fields.maybe(&SUNDRY, field::yes));
    let student = pupil(fields, known, keys);
    let school = school?;
    let student = student.filter(|student| attends(fields, known, student, &school.code));
    let term = term.and_then(|code| known_term(fields, known, (&school.code, &school.name), &code));
    let course = course.filter(|code| {
        let found = known.courses.contains_key(&(school.code.clone(), code.clone()));
        if !found {
            fields.fault(&COURSE_CODE, format!("{}没有编号为「{code}」的课程,请核对或先导入课程", school.name));
        }
        found
    });
    let (term, date) = (term?, date?);
    within_term(fields, term, date);
    Some(Attendance {
        student: student?,
        school: school.code.clone(),
        term: term.code.clone(),
        course: course?,
        date,
        period: period?.and_then(|period| u8::try_from(period).ok()).unwrap_or(1),
        state: state?,
        materials_received: materials?.unwrap_or_default(),
        sundry_used: sundry?.unwrap_or_default(),
    })
}

/// The pupil by number or by identifier; by both, if they agree.
fn pupil(fields: &mut Fields<'_>, known: &Known, keys: &dyn Keys) -> Option<StudentId> {
    let number = fields.maybe(&NUMBER, student_number)?.map(|number| keys.student(&number));
    let id: Option<StudentId> = fields
        .maybe(&STUDENT_ID, |text| field::plain(text).parse().map_err(|_malformed| "应为 10 位编号".to_owned()))?;
    match (number, id) {
        (None, None) => {
            fields.fault(&NUMBER, "学籍号与学生编号须填写一项");
            None
        }
        (Some(number), Some(id)) if number != id => {
            fields.fault(&STUDENT_ID, "与学籍号不是同一名学生,请核对后只填写一项");
            None
        }
        (number, id) => number.or(id).filter(|student| {
            let found = known.students.get(student).is_some_and(|school| within(known, school));
            if !found {
                let of = if known.scope.is_some() { "本校" } else { "平台" };
                fields.fault(&NUMBER, format!("{of}没有该学生,请核对学籍号或学生编号"));
            }
            found
        }),
    }
}

/// A pupil who has left may have been at another school in that term: then the school of today does not say so.
fn attends(fields: &mut Fields<'_>, known: &Known, student: &StudentId, school: &SchoolCode) -> bool {
    let attends = known.students.get(student) == Some(school);
    if !attends {
        fields.fault(&SCHOOL_CODE, "该学生不在此校,请核对学校标识码");
    }
    attends
}

fn known_term<'k>(
    fields: &mut Fields<'_>,
    known: &'k Known,
    (school, name): (&SchoolCode, &str),
    code: &TermCode,
) -> Option<&'k Term> {
    let found = known.terms.get(&(school.clone(), code.clone()));
    if found.is_none() {
        fields.fault(&TERM_CODE, format!("{name}没有 {code} 学期,请核对或先导入学期"));
    }
    found
}

fn within_term(fields: &mut Fields<'_>, term: &Term, date: Date) {
    if !(term.starts_on..=term.ends_on).contains(&date) {
        let Term { starts_on, ends_on, .. } = term;
        fields.fault(&DATE, format!("应在学期内({starts_on} 至 {ends_on}),填的是「{date}」,请修改"));
    }
}
