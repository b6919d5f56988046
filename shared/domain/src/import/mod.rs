//! Import (数据导入): sheets of the school's own lists become records, or sentences that say what to correct. A5 S1 S2 S3.
//!
//! [`check`] judges a whole file without touching anything; [`Stored::merge`] says what each good row would do to what
//! is stored. Both are run again when the file is applied, so nothing of the judgment has to be kept.

mod attendance;
mod column;
mod course;
mod field;
mod known;
mod merge;
mod offering;
mod person;
mod place;
mod table;
mod term;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use column::Column;
pub use known::{Known, Wanted, wanted};
pub use merge::{Fingerprint, Keys, Merge, Stored, content_hash};
pub use person::{Guardianship, person_name, student_number};
pub use table::{Cell, Row, Table};

use crate::attendance::Attendance;
use crate::catalog::{Course, Offering, Specification, Term};
use crate::directory::{Homeroom, Organization, School, Student};
use crate::id::{GuardianId, OrganizationId, SchoolCode};
use field::{Fields, Layout};

/// What a file lists.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ImportKind {
    /// Bureaus, townships, providers (组织机构).
    Organizations,
    /// Schools (学校).
    Schools,
    /// Homerooms (行政班).
    Homerooms,
    /// Pupils (学生).
    Students,
    /// Guardians with their children (家长).
    Guardians,
    /// Specifications (课程规格).
    Specifications,
    /// Terms with windows and bells (学期).
    Terms,
    /// Courses (课程).
    Courses,
    /// Offerings (开课计划).
    Offerings,
    /// Attendance (考勤).
    Attendance,
}

/// One thing that a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is named by what it holds")]
pub enum Record {
    Organization(Organization),
    School(School),
    Homeroom(Homeroom),
    Student(Student),
    Guardianship(Guardianship),
    Specification(Specification),
    Term(Term),
    Course(Course),
    Offering(Offering),
    Attendance(Attendance),
}

/// A row that can be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodRow {
    /// Its number as the sheet shows it.
    pub row: u32,
    /// What it says.
    pub record: Record,
}

/// What is wrong with a cell, for its clerk. A personal value is not repeated in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("「{column}」{reason}")]
pub struct RowError {
    /// The row as the sheet shows it.
    pub row: u32,
    /// The heading of the column.
    pub column: String,
    /// What it should be, what it is, and what to do.
    pub reason: String,
}

/// A file judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// The rows below the heading that are not empty.
    pub total: u32,
    /// The rows without a fault.
    pub rows: Vec<GoodRow>,
    /// The faults of the other rows, in order.
    pub errors: Vec<RowError>,
    /// Headings that mean nothing to this kind of file; what stands below them is not imported.
    pub ignored: Vec<String>,
}

impl ImportKind {
    /// The columns of the file, in the order of its template.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Organizations => place::ORGANIZATION,
            Self::Schools => place::SCHOOL,
            Self::Homerooms => place::HOMEROOM,
            Self::Students => person::STUDENT,
            Self::Guardians => person::GUARDIAN,
            Self::Specifications => course::SPECIFICATION,
            Self::Terms => term::TERM,
            Self::Courses => course::COURSE,
            Self::Offerings => offering::OFFERING,
            Self::Attendance => attendance::ATTENDANCE,
        }
    }

    /// The name of such a file, as its reader calls it.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Organizations => "组织机构",
            Self::Schools => "学校",
            Self::Homerooms => "行政班",
            Self::Students => "学生",
            Self::Guardians => "家长",
            Self::Specifications => "课程规格",
            Self::Terms => "学期",
            Self::Courses => "课程",
            Self::Offerings => "开课计划",
            Self::Attendance => "考勤",
        }
    }

    /// Whether a school imports it by itself; the rest is the platform's.
    pub const fn of_school(self) -> bool {
        match self {
            Self::Organizations | Self::Schools | Self::Specifications => false,
            Self::Homerooms
            | Self::Students
            | Self::Guardians
            | Self::Terms
            | Self::Courses
            | Self::Offerings
            | Self::Attendance => true,
        }
    }
}

impl Record {
    /// What tells it from every other record of the platform: no two rows of a file may have the same.
    pub fn key(&self) -> String {
        match self {
            Self::Organization(organization) => format!("organization#{}", organization.id),
            Self::School(school) => format!("school#{}", school.code),
            Self::Homeroom(homeroom) => format!("homeroom#{}", homeroom.id),
            Self::Student(student) => format!("student#{}", student.pupil.id),
            Self::Guardianship(link) => format!("guardian#{}#{}", link.guardian, link.student),
            Self::Specification(specification) => format!("specification#{}", specification.code),
            Self::Term(term) => format!("term#{}#{}", term.school, term.code),
            Self::Course(course) => format!("course#{}#{}", course.school, course.code),
            Self::Offering(offering) => format!("offering#{}", offering.id),
            Self::Attendance(Attendance { student, term, course, date, period, .. }) => {
                format!("attendance#{student}#{term}#{course}#{date}#{period}")
            }
        }
    }

    /// Something else that no two rows may share though their keys differ, with the column it stands in.
    fn rival(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Homeroom(homeroom) => {
                Some((place::HOMEROOM_NAME.title, format!("{}#{}", homeroom.id.school(), homeroom.name)))
            }
            Self::School(school) => Some((place::SCHOOL_NAME.title, school.name.clone())),
            Self::Organization(_)
            | Self::Student(_)
            | Self::Guardianship(_)
            | Self::Specification(_)
            | Self::Term(_)
            | Self::Course(_)
            | Self::Offering(_)
            | Self::Attendance(_) => None,
        }
    }
}

/// Judges a file by what is known. Each row is judged by itself first, then against the rows above it.
pub fn check(kind: ImportKind, table: &Table, known: &Known, keys: &dyn Keys) -> Checked {
    let Some((heading, rows)) = table.split() else { return Checked::default() };
    let layout = match Layout::of(kind, heading) {
        Ok(layout) => layout,
        Err(errors) => return Checked { errors, ..Checked::default() },
    };
    let mut checked = Checked { ignored: layout.ignored().to_vec(), ..Checked::default() };
    let mut seen = Seen::default();
    for row in rows.iter().filter(|row| row.cells.iter().any(|cell| !cell.is_empty())) {
        checked.total = checked.total.saturating_add(1);
        let mut fields = Fields::new(&layout, row);
        let record = record_of(kind, &mut fields, known, &seen, keys);
        let mut errors = fields.into_errors();
        if let Some(record) = record.filter(|_| errors.is_empty()) {
            errors = seen.faults(kind, row.number, &record);
            if errors.is_empty() {
                if let Record::Organization(organization) = &record {
                    seen.organizations.insert(organization.id.clone());
                }
                checked.rows.push(GoodRow { row: row.number, record });
            }
        }
        checked.errors.append(&mut errors);
    }
    checked
}

fn record_of(kind: ImportKind, fields: &mut Fields<'_>, known: &Known, seen: &Seen, keys: &dyn Keys) -> Option<Record> {
    match kind {
        ImportKind::Organizations => place::organization(fields, known, &seen.organizations).map(Record::Organization),
        ImportKind::Schools => place::school(fields, known).map(Record::School),
        ImportKind::Homerooms => place::homeroom(fields, known).map(Record::Homeroom),
        ImportKind::Students => person::student(fields, known, keys).map(Record::Student),
        ImportKind::Guardians => person::guardianship(fields, known, keys).map(Record::Guardianship),
        ImportKind::Specifications => course::specification(fields).map(Record::Specification),
        ImportKind::Terms => term::term(fields, known).map(Record::Term),
        ImportKind::Courses => course::course(fields, known).map(Record::Course),
        ImportKind::Offerings => offering::offering(fields, known).map(Record::Offering),
        ImportKind::Attendance => attendance::attendance(fields, known, keys).map(Record::Attendance),
    }
}

/// What the rows above said.
#[derive(Debug, Default)]
struct Seen {
    keys: BTreeMap<String, u32>,
    rivals: BTreeMap<String, u32>,
    /// Organizations, which may stand above one another.
    organizations: BTreeSet<OrganizationId>,
    /// Row and name of each guardian.
    guardians: BTreeMap<GuardianId, (u32, String)>,
}

impl Seen {
    fn faults(&mut self, kind: ImportKind, row: u32, record: &Record) -> Vec<RowError> {
        let fault = |column: &str, reason| vec![RowError { row, column: column.to_owned(), reason }];
        let first = *self.keys.entry(record.key()).or_insert(row);
        if first != row {
            let column = kind.columns().iter().find(|column| column.identifies).map_or("", |column| column.title);
            return fault(column, format!("与第 {first} 行重复,请只保留一行"));
        }
        if let Some((column, rival)) = record.rival() {
            let first = *self.rivals.entry(rival).or_insert(row);
            if first != row {
                return fault(column, format!("与第 {first} 行同名,请改为不同的名称"));
            }
        }
        if let Record::Guardianship(link) = record {
            let name = link.name.reveal();
            let (first, known) =
                self.guardians.entry(link.guardian.clone()).or_insert_with(|| (row, name.clone())).clone();
            if known != *name {
                return fault(
                    person::GUARDIAN_NAME.title,
                    format!("与第 {first} 行的手机号相同但姓名不同,请核对后改为一致"),
                );
            }
        }
        Vec::new()
    }
}

/// Whether the clerk of one school may touch `school`.
fn within(known: &Known, school: &SchoolCode) -> bool {
    known.scope.as_ref().is_none_or(|scope| scope == school)
}

#[cfg(test)]
mod tests;
