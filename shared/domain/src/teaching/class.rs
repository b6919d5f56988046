//! Teaching class (教学班): who is taught what, by whom, where and when. S17 S20 T3 P8.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::lesson::{Lesson, Pattern};
use super::membership::AT_ONCE;
use crate::access::{Owned, Owner};
use crate::catalog::{Category, Offering, Origin, Slot};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{ClassId, LessonId, OrganizationId, PersonId, RoomId, SchoolCode, SpecificationCode, StudentId};
use crate::time::Moment;

/// Most teachers of a class, and most stewards.
pub const TEACHERS: usize = 6;
/// Most pupils of a class: as many as a roll call may name.
pub const PUPILS: u16 = 400;
/// Most classes of one offering.
pub const CLASSES: u8 = 99;
/// Most slots of a week.
pub const SLOTS: usize = 15;
/// Most single days.
pub const SINGLES: usize = 60;
/// Characters of a title.
const TITLE_CHARACTERS: usize = 40;
/// Characters of what a teacher is called.
const CALLED_CHARACTERS: usize = 20;

/// What a teacher is there for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TeacherRole {
    /// Teaches (主教).
    Main,
    /// Helps (助教).
    Assistant,
}

/// A teacher of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teacher {
    /// The account.
    #[serde(rename = "id")]
    pub person: PersonId,
    /// What families read: 李老师. A form of address and no name.
    #[serde(rename = "c")]
    pub called: String,
    /// What for.
    #[serde(rename = "r")]
    pub role: TeacherRole,
}

/// Who taught a class before others did: what was taught stays theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// The first day on which they did not any more.
    #[serde(rename = "u")]
    pub until: Date,
    /// The teachers.
    #[serde(rename = "t")]
    pub teachers: Vec<Teacher>,
}

/// Who looks after a class without teaching (行政管理教师). S17.4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steward {
    /// The account.
    #[serde(rename = "id")]
    pub person: PersonId,
    /// What families read.
    #[serde(rename = "c")]
    pub called: String,
}

/// A pupil of a class, for some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The pupil.
    #[serde(rename = "s")]
    pub student: StudentId,
    /// The first day.
    #[serde(rename = "f")]
    pub from: Date,
    /// The first day no longer; none: to the end.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Since when the pupil has the materials (教材领取).
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub materials: Option<Date>,
}

impl Member {
    /// Whether the pupil belongs to the class on a day.
    pub fn on(&self, date: Date) -> bool {
        self.from <= date && self.until.is_none_or(|until| date < until)
    }
}

/// That a class is over (结课).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When it was closed.
    pub at: Moment,
    /// By whom.
    pub by: PersonId,
    /// What was missing, if it was closed all the same, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A teaching class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeachingClass {
    /// The offering and its number there.
    pub id: ClassId,
    /// The school: as the identifier says.
    pub school: SchoolCode,
    /// Its title, as 书法入门1班.
    pub title: String,
    /// Its specification (课程规格).
    pub specification: SpecificationCode,
    /// Who provides the course.
    pub origin: Origin,
    /// What the course is for.
    pub category: Category,
    /// The provider of an external course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<OrganizationId>,
    /// Most pupils.
    pub capacity: u16,
    /// Who teaches.
    pub teachers: Vec<Teacher>,
    /// Who taught it before, the earlier first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<Former>,
    /// Who looks after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stewards: Vec<Steward>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// When.
    pub pattern: Pattern,
    /// Lessons of the term (课时).
    pub lessons_wanted: u16,
    /// The lessons, by day and period.
    #[serde(default)]
    pub lessons: Vec<Lesson>,
    /// The pupils there are and were.
    #[serde(default)]
    pub members: Vec<Member>,
    /// Whether it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// When it was opened again, by whom and why, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened: Option<Closed>,
    /// When it was deleted: nobody sees it any more, and its number is never given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Moment>,
    /// Everybody who teaches it, stands in for somebody, or looks after it: to whom it opens.
    #[serde(default)]
    pub staff: Vec<PersonId>,
}

impl Owned for TeachingClass {
    fn owner(&self) -> Owner<'_> {
        Owner {
            school: Some(&self.school),
            provider: self.provider.as_ref(),
            teachers: &self.staff,
            class: Some(self.id.clone()),
            ..Owner::default()
        }
    }
}

/// Why a class cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "class/")]
pub enum ClassError {
    /// No title, or a long one.
    #[error("教学班名称应为 1 至 {TITLE_CHARACTERS} 个字")]
    TitleUnusable,
    /// Nobody teaches, too many do, or one twice.
    #[error("教学班应有 1 至 {TEACHERS} 位任课教师和最多 {TEACHERS} 位行政管理教师,同一人不能重复,其中至少一位主教")]
    TeachersUnusable,
    /// Not what somebody is called.
    #[error("教师称呼应为 1 至 {CALLED_CHARACTERS} 个字,如“李老师”")]
    CalledUnusable,
    /// Somebody who has no account at the school.
    #[error("教师 {person} 不是本校可任课的用户,请先在用户管理中添加并授予任课角色")]
    TeacherUnknown {
        /// The account.
        person: String,
    },
    /// A room that is not the school's, or not used any more.
    #[error("没有这个场室或已停用,请重新选择本校场室")]
    RoomUnknown,
    /// More pupils than the room or the specification takes.
    #[error("班额应为 1 至 {most} 人(不超过课程规格和场室容量)")]
    CapacityOutOfRange {
        /// What room and specification take.
        most: u16,
    },
    /// No slot, too many, or a period that the day does not have.
    #[error("上课时间应有 1 至 {SLOTS} 个每周节次或 1 至 {SINGLES} 个单次日期,节次须在作息时间内,日期须在学期内")]
    PatternUnusable,
    /// The pattern does not fall on so many days.
    #[error("按上课时间只能排出 {planned} 课时,不足 {wanted} 课时,请增加每周节次或单次日期")]
    TooFewDays {
        /// What can be planned.
        planned: u16,
        /// What is wanted.
        wanted: u16,
    },
    /// The course is not given this term.
    #[error("该课程本学期已停开,不能开设教学班")]
    NotOffered,
    /// All numbers are given.
    #[error("一门课程最多 {CLASSES} 个教学班")]
    TooMany,
    /// Nobody is named, or more than one change takes.
    #[error("请选择 1 至 {AT_ONCE} 名学生")]
    StudentsUnusable,
    /// The pupil has no paid seat in the offering.
    #[error("学生 {student} 没有该课程的有效报名,不能编入教学班")]
    NotEnrolled {
        /// The pupil.
        student: String,
    },
    /// The pupil is in a class of the offering on one of these days.
    #[error("学生 {student} 已在该课程的教学班「{title}」中,请办理调班")]
    MemberElsewhere {
        /// The pupil.
        student: String,
        /// The other class.
        title: String,
    },
    /// The class would have more pupils than it takes.
    #[error("教学班「{title}」最多 {capacity} 人,不能再编入学生")]
    Full {
        /// Its title.
        title: String,
        /// What it takes.
        capacity: u16,
    },
    /// The pupil is not in the class.
    #[error("学生 {student} 不在该教学班中")]
    NotAMember {
        /// The pupil.
        student: String,
    },
    /// It has pupils, or lessons were given.
    #[error("教学班已有学生或已上过课,不能删除;停开请使用停开课程,结束请办理结课")]
    InUse,
    /// It is over.
    #[error("教学班已结课,不能再变更")]
    Closed,
}

impl Fault for ClassError {
    fn kind(&self) -> Kind {
        match self {
            Self::TitleUnusable
            | Self::TeachersUnusable
            | Self::CalledUnusable
            | Self::TeacherUnknown { .. }
            | Self::RoomUnknown
            | Self::CapacityOutOfRange { .. }
            | Self::PatternUnusable
            | Self::StudentsUnusable
            | Self::TooFewDays { .. } => Kind::Invalid,
            Self::NotOffered
            | Self::TooMany
            | Self::NotEnrolled { .. }
            | Self::MemberElsewhere { .. }
            | Self::Full { .. }
            | Self::NotAMember { .. }
            | Self::InUse
            | Self::Closed => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::TitleUnusable => "title",
            Self::TeachersUnusable | Self::CalledUnusable | Self::TeacherUnknown { .. } => "teachers",
            Self::RoomUnknown => "room_id",
            Self::CapacityOutOfRange { .. } => "capacity",
            Self::PatternUnusable | Self::TooFewDays { .. } => "pattern",
            Self::StudentsUnusable => "students",
            Self::NotOffered
            | Self::TooMany
            | Self::NotEnrolled { .. }
            | Self::MemberElsewhere { .. }
            | Self::Full { .. }
            | Self::NotAMember { .. }
            | Self::InUse
            | Self::Closed => return Vec::new(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

/// What a school decides about a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its title.
    pub title: String,
    /// Most pupils.
    pub capacity: u16,
    /// Who teaches.
    pub teachers: Vec<Teacher>,
    /// Who looks after it.
    pub stewards: Vec<Steward>,
    /// Where.
    pub room: Option<RoomId>,
    /// When.
    pub pattern: Pattern,
}

/// What an outline is judged by.
#[derive(Debug, Clone, Copy)]
pub struct OutlineFacts<'a> {
    /// Most pupils by specification and room.
    pub most: u16,
    /// Whether the room is the school's and in use; true without a room.
    pub room_usable: bool,
    /// The accounts of the school that may teach or look after classes.
    pub staff: &'a BTreeSet<PersonId>,
    /// The periods of a day.
    pub periods: &'a [crate::catalog::Period],
    /// The days of the term.
    pub term: (Date, Date),
}

impl Outline {
    /// The same, if a class can be so.
    pub fn checked(self, facts: OutlineFacts<'_>) -> Result<Self, ClassError> {
        if !(1..=TITLE_CHARACTERS).contains(&self.title.trim().chars().count()) {
            return Err(ClassError::TitleUnusable);
        }
        self.check_people(facts)?;
        if !facts.room_usable {
            return Err(ClassError::RoomUnknown);
        }
        if !(1..=facts.most).contains(&self.capacity) {
            return Err(ClassError::CapacityOutOfRange { most: facts.most });
        }
        let Pattern { slots, singles } = &self.pattern;
        let has_period = |number: u8| facts.periods.iter().any(|period| period.number == number);
        let usable = slots.len() <= SLOTS
            && singles.len() <= SINGLES
            && slots.len().saturating_add(singles.len()) > 0
            && slots.iter().map(|slot: &Slot| slot.period).chain(singles.iter().map(|single| single.1)).all(has_period)
            && singles.iter().all(|(date, _)| (facts.term.0..=facts.term.1).contains(date));
        if usable { Ok(self) } else { Err(ClassError::PatternUnusable) }
    }

    fn check_people(&self, facts: OutlineFacts<'_>) -> Result<(), ClassError> {
        let people = || self.teachers.iter().map(|one| &one.person).chain(self.stewards.iter().map(|one| &one.person));
        let distinct: BTreeSet<&PersonId> = people().collect();
        let count = self.teachers.len().saturating_add(self.stewards.len());
        let has_main = self.teachers.iter().any(|teacher| teacher.role == TeacherRole::Main);
        if !has_main || self.teachers.len() > TEACHERS || self.stewards.len() > TEACHERS || distinct.len() != count {
            return Err(ClassError::TeachersUnusable);
        }
        let called = self.teachers.iter().map(|one| &one.called).chain(self.stewards.iter().map(|one| &one.called));
        let usable = |text: &String| (1..=CALLED_CHARACTERS).contains(&text.trim().chars().count());
        if !called.into_iter().all(usable) {
            return Err(ClassError::CalledUnusable);
        }
        match people().find(|person| !facts.staff.contains(*person)) {
            Some(unknown) => Err(ClassError::TeacherUnknown { person: unknown.to_string() }),
            None => Ok(()),
        }
    }
}

impl TeachingClass {
    /// The class of that number of an offering, without lessons and pupils yet.
    pub fn of(offering: &Offering, number: u8, outline: Outline) -> Self {
        let id = ClassId::new(&offering.id, number);
        let mut class = Self {
            school: id.school(),
            id,
            title: String::new(),
            specification: offering.specification.clone(),
            origin: offering.origin,
            category: offering.category,
            provider: offering.provider.clone(),
            capacity: 0,
            teachers: Vec::new(),
            former: Vec::new(),
            stewards: Vec::new(),
            room: None,
            pattern: Pattern::default(),
            lessons_wanted: offering.lessons,
            lessons: Vec::new(),
            members: Vec::new(),
            closed: None,
            reopened: None,
            deleted_at: None,
            staff: Vec::new(),
        };
        class.take_on(outline);
        class
    }

    /// Takes on what a school has decided. Its lessons are [planned](super::lesson::plan) apart.
    pub fn take_on(&mut self, outline: Outline) {
        let Outline { title, capacity, teachers, stewards, room, pattern } = outline;
        title.trim().clone_into(&mut self.title);
        self.capacity = capacity;
        self.teachers = teachers;
        self.stewards = stewards;
        self.room = room;
        self.pattern = pattern;
        self.admit_staff();
    }

    /// Takes on what a school has decided from a day on. Lessons before that day stay with those who taught them.
    pub fn take_over(&mut self, outline: Outline, from: Date) {
        let is_known = self.former.last().is_some_and(|former| former.until >= from);
        let has_taught = self.lessons.iter().any(|lesson| lesson.date < from);
        if outline.teachers != self.teachers && has_taught && !is_known {
            self.former.push(Former { until: from, teachers: self.teachers.clone() });
        }
        self.take_on(outline);
    }

    /// Opens the class to everybody who teaches it, stands in for somebody, or looks after it.
    pub fn admit_staff(&mut self) {
        let teachers = self.teachers.iter().map(|teacher| &teacher.person);
        let stand_ins = self.lessons.iter().flat_map(|lesson| &lesson.stand_ins).map(|one| &one.present.person);
        let stewards = self.stewards.iter().map(|steward| &steward.person);
        let all: BTreeSet<&PersonId> = teachers.chain(stand_ins).chain(stewards).collect();
        self.staff = all.into_iter().cloned().collect();
    }

    /// A lesson by its number.
    pub fn lesson(&self, no: u16) -> Option<&Lesson> {
        self.lessons.iter().find(|lesson| lesson.no == no)
    }

    /// A lesson by its number, to change it.
    pub fn lesson_mut(&mut self, no: u16) -> Option<&mut Lesson> {
        self.lessons.iter_mut().find(|lesson| lesson.no == no)
    }

    /// The identifier of one of its lessons.
    pub fn lesson_id(&self, lesson: &Lesson) -> LessonId {
        LessonId::new(&self.id, lesson.no)
    }

    /// The lessons of some days, the last among them.
    pub fn lessons_in(&self, from: Date, until: Date) -> impl Iterator<Item = &Lesson> {
        self.lessons.iter().filter(move |lesson| (from..=until).contains(&lesson.date))
    }

    /// Who teaches the class on a day, whoever stands in for them in single lessons.
    pub fn teachers_on(&self, date: Date) -> &[Teacher] {
        let former = self.former.iter().find(|former| date < former.until);
        former.map_or(&self.teachers, |former| &former.teachers)
    }

    /// Who teaches a lesson, whoever stands in for somebody in that one's place.
    pub fn teachers_of<'a>(&'a self, lesson: &'a Lesson) -> Vec<&'a Teacher> {
        let stand_in = |teacher: &'a Teacher| {
            let found = lesson.stand_ins.iter().find(|one| one.absent == teacher.person);
            found.map_or(teacher, |one| &one.present)
        };
        self.teachers_on(lesson.date).iter().map(stand_in).collect()
    }

    /// Whether a person teaches it, has taught it, or stood in for somebody in a lesson of it.
    pub fn was_taught_by(&self, person: &PersonId) -> bool {
        let former = self.former.iter().flat_map(|former| &former.teachers);
        let stand_ins = self.lessons.iter().flat_map(|lesson| &lesson.stand_ins).map(|one| &one.present);
        self.teachers.iter().chain(former).chain(stand_ins).any(|teacher| teacher.person == *person)
    }

    /// Where a lesson is given.
    pub fn room_of<'a>(&'a self, lesson: &'a Lesson) -> Option<&'a RoomId> {
        lesson.room.as_ref().or(self.room.as_ref())
    }

    /// The pupils of a day, by their identifiers.
    pub fn roster(&self, date: Date) -> Vec<StudentId> {
        let present: BTreeSet<&StudentId> =
            self.members.iter().filter(|member| member.on(date)).map(|member| &member.student).collect();
        present.into_iter().cloned().collect()
    }

    /// Whether a pupil belongs to it on a day.
    pub fn has(&self, student: &StudentId, date: Date) -> bool {
        self.members.iter().any(|member| member.student == *student && member.on(date))
    }

    /// Whether a pupil belongs to it or did.
    pub fn knows(&self, student: &StudentId) -> bool {
        self.members.iter().any(|member| member.student == *student)
    }

    /// The most pupils that are in it on one day, from a day on.
    pub fn most_members(&self, from: Date) -> usize {
        let starts = self.members.iter().map(|member| member.from.max(from));
        starts.map(|day| self.members.iter().filter(|member| member.on(day)).count()).max().unwrap_or_default()
    }

    /// Takes a pupil in from a day on. The caller has made sure that the pupil has a seat in the offering and is in no
    /// other class of it.
    pub fn admit(&mut self, student: &StudentId, from: Date) -> Result<(), ClassError> {
        if self.closed.is_some() {
            return Err(ClassError::Closed);
        }
        let overlaps = |member: &Member| member.student == *student && member.until.is_none_or(|until| until > from);
        if self.members.iter().any(overlaps) {
            return Err(ClassError::MemberElsewhere { student: student.to_string(), title: self.title.clone() });
        }
        let materials = self.members.iter().filter(|member| member.student == *student).find_map(|one| one.materials);
        self.members.push(Member { student: student.clone(), from, until: None, materials });
        if self.most_members(from) > usize::from(self.capacity) {
            self.members.pop();
            return Err(ClassError::Full { title: self.title.clone(), capacity: self.capacity });
        }
        Ok(())
    }

    /// Lets a pupil go from a day on. One who was to come later only never belonged to it.
    pub fn release(&mut self, student: &StudentId, from: Date) -> Result<(), ClassError> {
        let belongs = |member: &Member| member.student == *student && member.until.is_none_or(|until| until > from);
        if !self.members.iter().any(belongs) {
            return Err(ClassError::NotAMember { student: student.to_string() });
        }
        self.members.retain(|member| !(belongs(member) && member.from >= from));
        for member in self.members.iter_mut().filter(|member| member.student == *student) {
            if member.until.is_none_or(|until| until > from) {
                member.until = Some(from);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::{Period, Weekday, Weeks};

    pub(crate) fn teacher(person: &str, role: TeacherRole) -> Teacher {
        Teacher { person: person.parse().unwrap(), called: "李老师".to_owned(), role }
    }

    pub(crate) fn outline() -> Outline {
        Outline {
            title: "书法入门1班".to_owned(),
            capacity: 3,
            teachers: vec![teacher("T000000001", TeacherRole::Main)],
            stewards: Vec::new(),
            room: Some("3144200101.R301".parse().unwrap()),
            pattern: Pattern {
                slots: vec![Slot { weekday: Weekday::Wednesday, period: 1, weeks: Weeks::Every }],
                singles: BTreeSet::new(),
            },
        }
    }

    pub(crate) fn class(id: &str) -> TeachingClass {
        let id: ClassId = id.parse().unwrap();
        let mut class = TeachingClass {
            school: id.school(),
            id,
            title: String::new(),
            specification: "S1".parse().unwrap(),
            origin: Origin::InHouse,
            category: Category::Enrichment,
            provider: None,
            capacity: 0,
            teachers: Vec::new(),
            former: Vec::new(),
            stewards: Vec::new(),
            room: None,
            pattern: Pattern::default(),
            lessons_wanted: 16,
            lessons: Vec::new(),
            members: Vec::new(),
            closed: None,
            reopened: None,
            deleted_at: None,
            staff: Vec::new(),
        };
        class.take_on(outline());
        class
    }

    fn checked(outline: Outline) -> Result<Outline, ClassError> {
        let staff = ["T000000001", "T000000002"].map(|person| person.parse().unwrap()).into();
        let periods = [Period { number: 1, name: "第一节".to_owned(), from_minute: 990, until_minute: 1035 }];
        let term = (date(2026, 9, 1), date(2027, 1, 22));
        outline.checked(OutlineFacts { most: 40, room_usable: true, staff: &staff, periods: &periods, term })
    }

    #[test]
    fn s17_1_a_class_has_a_title_seats_and_a_time() {
        assert!(checked(outline()).is_ok());
        assert_eq!(checked(Outline { title: " ".to_owned(), ..outline() }), Err(ClassError::TitleUnusable));
        assert_eq!(checked(Outline { capacity: 41, ..outline() }), Err(ClassError::CapacityOutOfRange { most: 40 }));
        let never = Outline { pattern: Pattern::default(), ..outline() };
        assert_eq!(checked(never), Err(ClassError::PatternUnusable));
        let after = Pattern { slots: Vec::new(), singles: [(date(2027, 1, 23), 1)].into() };
        assert_eq!(checked(Outline { pattern: after, ..outline() }), Err(ClassError::PatternUnusable));
        let ninth = Pattern { slots: Vec::new(), singles: [(date(2026, 9, 2), 9)].into() };
        assert_eq!(checked(Outline { pattern: ninth, ..outline() }), Err(ClassError::PatternUnusable));
    }

    #[test]
    fn s17_3_a_class_may_have_several_teachers_of_whom_one_is_the_main_one() {
        let (main, other) = (teacher("T000000001", TeacherRole::Main), teacher("T000000002", TeacherRole::Assistant));
        let of = |teachers: Vec<Teacher>| checked(Outline { teachers, ..outline() }).map(|_| ());
        assert_eq!(of(vec![main.clone(), other.clone()]), Ok(()));
        assert_eq!(of(vec![other.clone()]), Err(ClassError::TeachersUnusable));
        assert_eq!(of(vec![main.clone(), main.clone()]), Err(ClassError::TeachersUnusable));
        let stranger = teacher("T000000009", TeacherRole::Assistant);
        assert_eq!(
            of(vec![main.clone(), stranger]),
            Err(ClassError::TeacherUnknown { person: "T000000009".to_owned() })
        );
        let steward = Steward { person: main.person.clone(), called: "王主任".to_owned() };
        let twice = Outline { stewards: vec![steward], ..outline() };
        assert_eq!(checked(twice), Err(ClassError::TeachersUnusable), "who teaches a class does not steward it");
    }

    #[test]
    fn s22_1_what_was_taught_stays_with_who_taught_it() {
        let (mut class, by) = (class("3144200101.2026-2027-1.K1.01"), |id: &str| vec![teacher(id, TeacherRole::Main)]);
        let hand_over = |class: &mut TeachingClass, to: &str, day: i8| {
            class.take_over(Outline { teachers: by(to), ..outline() }, date(2026, 9, day));
        };
        hand_over(&mut class, "T000000002", 1);
        assert!(class.former.is_empty(), "nothing was taught yet");
        class.lessons = [(1, 2), (2, 9), (3, 16)].map(|(no, day)| Lesson::planned(no, date(2026, 9, day), 1)).into();
        hand_over(&mut class, "T000000003", 9);
        hand_over(&mut class, "T000000004", 9);
        hand_over(&mut class, "T000000005", 16);
        hand_over(&mut class, "T000000005", 17);
        let taught: Vec<&str> =
            class.lessons.iter().map(|lesson| class.teachers_of(lesson)[0].person.as_str()).collect();
        assert_eq!(taught, ["T000000002", "T000000004", "T000000005"]);
        assert_eq!(class.staff, ["T000000005".parse().unwrap()], "who taught it before sees it no more");
        assert!(
            class.was_taught_by(&"T000000002".parse().unwrap()) && !class.was_taught_by(&"T000000003".parse().unwrap())
        );
    }

    #[test]
    fn s17_2_pupils_come_and_go_by_days() {
        let mut class = class("3144200101.2026-2027-1.K1.01");
        let pupil: StudentId = "S000000001".parse().unwrap();
        class.admit(&pupil, date(2026, 9, 1)).unwrap();
        assert!(matches!(class.admit(&pupil, date(2026, 9, 5)), Err(ClassError::MemberElsewhere { .. })));
        class.release(&pupil, date(2026, 10, 1)).unwrap();
        assert!(class.has(&pupil, date(2026, 9, 30)) && !class.has(&pupil, date(2026, 10, 1)));
        class.admit(&pupil, date(2026, 11, 1)).unwrap();
        assert_eq!(class.members.len(), 2, "who comes back has been there twice");
        class.release(&pupil, date(2026, 11, 1)).unwrap();
        assert_eq!(class.members.len(), 1, "who leaves before coming was never there");
        assert!(matches!(class.release(&pupil, date(2026, 11, 1)), Err(ClassError::NotAMember { .. })));
    }

    proptest! {
        #[test]
        fn s17_2_a_class_never_has_more_pupils_than_seats(acts in prop::collection::vec((0u8..6, 0i8..28, any::<bool>()), 0..60)) {
            let mut class = class("3144200101.2026-2027-1.K1.01");
            for (who, day, comes) in acts {
                let (pupil, day) = (format!("S00000000{who}").parse().unwrap(), date(2026, 9, day.saturating_add(1)));
                // A refusal leaves it as it was.
                let before = class.clone();
                let done = if comes { class.admit(&pupil, day) } else { class.release(&pupil, day) };
                if done.is_err() {
                    prop_assert_eq!(&class, &before);
                }
                for day in 1..=30 {
                    prop_assert!(class.roster(date(2026, 9, day)).len() <= 3);
                    let stints = class.members.iter().filter(|member| member.on(date(2026, 9, day))).count();
                    prop_assert_eq!(stints, class.roster(date(2026, 9, day)).len(), "nobody is there twice");
                }
            }
        }
    }
}
