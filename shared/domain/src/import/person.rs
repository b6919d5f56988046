//! Pupils and guardians (学生、家长) as rows. S2 S3.

use super::column::{Column, PHONE, SCHOOL_CODE, STUDENT_NUMBER};
use super::field::{self, Fields};
use super::known::Known;
use super::merge::Keys;
use super::{place, within};
use crate::directory::{Pupil, Sex, Student, Waiver};
use crate::id::{GuardianId, StudentId};
use crate::identifier;
use crate::pii::Pii;

const STUDENT_NAME: Column = Column::required("姓名", "示例一").personal();
const SEX: Column = Column::required("性别", "男").one_of(&["男", "女", "未说明"]);
const HOMEROOM: Column = Column::required("行政班", "三年级(2)班");
const WAIVER_REASON: Column = Column::optional("减免原因", "低保家庭");
const WAIVER_PERCENT: Column = Column::optional("减免比例(%)", "100");

/// The columns of pupils.
pub(super) const STUDENT: &[Column] =
    &[SCHOOL_CODE, STUDENT_NUMBER, STUDENT_NAME, SEX, place::GRADE, HOMEROOM, WAIVER_REASON, WAIVER_PERCENT];

pub(super) const GUARDIAN_NAME: Column = Column::required("家长姓名", "示例家长").personal();
const CHILD: Column = Column { identifies: false, ..STUDENT_NUMBER };

/// The columns of guardians: a row for each child.
pub(super) const GUARDIAN: &[Column] = &[PHONE, GUARDIAN_NAME, CHILD];

/// Characters of a person's name.
const NAME_CHARACTERS: usize = 40;

/// A guardian and one child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardianship {
    /// From a keyed hash of the phone.
    pub guardian: GuardianId,
    /// The guardian's name.
    pub name: Pii<String>,
    /// The guardian's phone.
    pub phone: Pii<String>,
    /// The child.
    pub student: StudentId,
}

pub(super) fn student(fields: &mut Fields<'_>, known: &Known, keys: &dyn Keys) -> Option<Student> {
    let school = fields.school(&SCHOOL_CODE, known);
    let number = fields.read(&STUDENT_NUMBER, student_number);
    let name = fields.read(&STUDENT_NAME, person_name);
    let sex = fields.read(&SEX, field::choice(&[("男", Sex::Male), ("女", Sex::Female), ("未说明", Sex::Unstated)]));
    let grade = fields.read(&place::GRADE, field::grade);
    let homeroom_name = fields.read(&HOMEROOM, field::words(NAME_CHARACTERS));
    let waivers = waivers(fields);
    let (school, number) = (school?, number?);
    let id = keys.student(&number);
    if known.scope.is_some() && known.students.get(&id).is_some_and(|stored| *stored != school.code) {
        fields.fault(&STUDENT_NUMBER, "该学籍号目前不能导入本校,请联系平台管理员核对学籍");
    }
    let (grade, homeroom_name) = (grade?, homeroom_name?);
    let (lowest, highest) = school.grade_span().into_inner();
    if !(lowest..=highest).contains(&grade) {
        fields.fault(&place::GRADE, place::outside(school, grade));
        return None;
    }
    let Some(homeroom) = known.homeroom(&school.code, &homeroom_name) else {
        fields.fault(&HOMEROOM, format!("{}没有「{homeroom_name}」,请核对班级名称或先导入行政班", school.name));
        return None;
    };
    if homeroom.grade != grade {
        let expected = field::grade_name(homeroom.grade);
        let filled = field::grade_name(grade);
        fields.fault(&place::GRADE, format!("「{homeroom_name}」是{expected},填的是「{filled}」,请改为一致"));
    }
    let pupil = Pupil {
        id,
        school: school.code.clone(),
        homeroom: homeroom.id.clone(),
        grade,
        sex: sex?,
        waivers: waivers?,
        guardians: Vec::new(),
        graduated: None,
    };
    Some(Student { pupil, name: Pii::new(name?), number: Pii::new(number) })
}

fn waivers(fields: &mut Fields<'_>) -> Option<Vec<Waiver>> {
    let reason = fields.maybe(&WAIVER_REASON, field::words(NAME_CHARACTERS))?;
    let percent = fields.maybe(&WAIVER_PERCENT, |text| field::whole(1, 100)(text.trim_end_matches('%')))?;
    match (reason, percent.and_then(|percent| u8::try_from(percent).ok())) {
        (Some(reason), Some(percent)) => Some(vec![Waiver { reason, percent }]),
        (None, None) => Some(Vec::new()),
        (Some(_), None) => {
            fields.fault(&WAIVER_PERCENT, "填写了减免原因,也须填写减免比例(1 至 100)");
            None
        }
        (None, Some(_)) => {
            fields.fault(&WAIVER_REASON, "填写了减免比例,也须填写减免原因,如 低保家庭");
            None
        }
    }
}

pub(super) fn guardianship(fields: &mut Fields<'_>, known: &Known, keys: &dyn Keys) -> Option<Guardianship> {
    let phone = fields.read(&PHONE, |text| {
        let phone = field::plain(text);
        identifier::mobile_phone(&phone).map(|()| phone).map_err(|error| error.to_string())
    });
    let name = fields.read(&GUARDIAN_NAME, person_name);
    let number = fields.read(&CHILD, student_number)?;
    let student = keys.student(&number);
    if !known.students.get(&student).is_some_and(|school| within(known, school)) {
        let of = if known.scope.is_some() { "本校" } else { "平台" };
        fields.fault(&CHILD, format!("{of}没有该学籍号的学生,请核对学籍号或先导入学生"));
    }
    let phone = phone?;
    Some(Guardianship { guardian: keys.guardian(&phone), name: Pii::new(name?), phone: Pii::new(phone), student })
}

/// A student number as it is kept: capitals, no full-width letters.
pub fn student_number(text: &str) -> Result<String, String> {
    let number = field::plain(text).to_uppercase();
    identifier::student_number(&number).map(|_| number).map_err(|error| error.to_string())
}

/// A name in any script, rare characters included, but no numbers and no marks other than the dots within a name.
pub fn person_name(text: &str) -> Result<String, String> {
    let name = field::words(NAME_CHARACTERS)(text)?;
    let fits = name.chars().all(|c| c.is_alphabetic() || matches!(c, '·' | '•' | '.' | '-' | '\'' | ' '));
    if fits { Ok(name) } else { Err("含有数字或符号,请只填写姓名".to_owned()) }
}
