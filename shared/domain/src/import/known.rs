//! Known facts (已有数据): what a file is judged by, and which of it must be read beforehand.

use std::collections::{BTreeMap, BTreeSet};

use super::column::{PHONE, SCHOOL_CODE, STUDENT_ID, STUDENT_NUMBER, TERM_CODE};
use super::field::{plain, school_code};
use super::merge::{Keys, Stored};
use super::table::Table;
use crate::catalog::{Course, Specification, Term};
use crate::directory::{Homeroom, Organization, School};
use crate::id::{CourseCode, GuardianId, OrganizationId, SchoolCode, SpecificationCode, StudentId, TermCode};

/// What exists already, as far as [`Wanted`] asked for it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The one school that the clerk may import for; none: all of them.
    pub scope: Option<SchoolCode>,
    /// All organizations.
    pub organizations: BTreeMap<OrganizationId, Organization>,
    /// The schools that the file names.
    pub schools: BTreeMap<SchoolCode, School>,
    /// The homerooms of these schools.
    homerooms: BTreeMap<(SchoolCode, String), Homeroom>,
    /// The pupils that the file names, with their schools.
    pub students: BTreeMap<StudentId, SchoolCode>,
    /// All specifications.
    pub specifications: BTreeMap<SpecificationCode, Specification>,
    /// The terms that the file names.
    pub terms: BTreeMap<(SchoolCode, TermCode), Term>,
    /// The courses of these schools.
    pub courses: BTreeMap<(SchoolCode, CourseCode), Course>,
    /// How the stored record of each key compares with the file it last came from.
    pub stored: BTreeMap<String, Stored>,
}

impl Known {
    /// Nothing known yet, for a clerk of one school or of the platform.
    pub fn of(scope: Option<SchoolCode>) -> Self {
        Self { scope, ..Self::default() }
    }

    /// Adds homerooms, which files name by school and name; one that has left has given its name away.
    pub fn add_homerooms(&mut self, homerooms: impl IntoIterator<Item = Homeroom>) {
        let present = homerooms.into_iter().filter(|homeroom| homeroom.graduated.is_none());
        self.homerooms.extend(present.map(|homeroom| ((homeroom.id.school(), plain(&homeroom.name)), homeroom)));
    }

    /// The homeroom of that name, in full-width or ASCII brackets.
    pub(super) fn homeroom(&self, school: &SchoolCode, name: &str) -> Option<&Homeroom> {
        self.homerooms.get(&(school.clone(), plain(name)))
    }
}

/// What a file refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Schools.
    pub schools: BTreeSet<SchoolCode>,
    /// Pupils.
    pub students: BTreeSet<StudentId>,
    /// Guardians.
    pub guardians: BTreeSet<GuardianId>,
    /// Terms of schools.
    pub terms: BTreeSet<(SchoolCode, TermCode)>,
}

/// What a file refers to, as far as its cells can be read at all.
pub fn wanted(table: &Table, keys: &dyn Keys) -> Wanted {
    let mut wanted = Wanted::default();
    let Some((heading, rows)) = table.split() else { return wanted };
    let place = |title: &str| {
        heading.cells.iter().position(|cell| plain(&cell.to_string()).trim_end_matches('*').trim() == title)
    };
    let places = [SCHOOL_CODE, STUDENT_NUMBER, STUDENT_ID, PHONE, TERM_CODE].map(|column| place(column.title));
    for row in rows {
        let [school, student, id, phone, term] =
            places.map(|place| place.map(|place| row.cell(place).to_string()).filter(|text| !text.is_empty()));
        let school = school.and_then(|text| school_code(&text).ok());
        if let Some((school, term)) = school.clone().zip(term.and_then(|term| plain(&term).parse().ok())) {
            wanted.terms.insert((school, term));
        }
        wanted.schools.extend(school);
        wanted.students.extend(student.map(|number| keys.student(&plain(&number).to_uppercase())));
        wanted.students.extend(id.and_then(|id| plain(&id).parse().ok()));
        wanted.guardians.extend(phone.map(|phone| keys.guardian(&plain(&phone))));
    }
    wanted
}
