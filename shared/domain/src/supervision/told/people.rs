//! Homerooms, pupils and teachers (学校班级、学生、校内任课教师) as the city is told of them. B6.1.

use std::collections::BTreeSet;

use super::told;
use crate::access::Scope;
use crate::directory::{Grade, Guardian, Homeroom, Stage, Student};
use crate::id::SchoolCode;
use crate::supervision::body::{Body, ClassBody, GuardianPart, StudentBody, TeacherBody, WaiverPart};
use crate::supervision::code::{ClassState, StudentState, TeacherState};
use crate::supervision::record::{Place, Record};
use crate::supervision::source::SourceId;
use crate::time::Moment;
use crate::user::User;

/// The last grade of primary school.
const LAST_PRIMARY: Grade = 6;

fn at(school: &SchoolCode) -> Place {
    Place { school: school.clone(), term: None, day: None }
}

/// A homeroom.
pub fn homeroom(homeroom: &Homeroom, now: Moment) -> Record {
    let Homeroom { id, grade, name, graduated } = homeroom;
    let body = ClassBody {
        number: id.class(),
        name: name.clone(),
        stage: if *grade <= LAST_PRIMARY { Stage::Primary } else { Stage::Junior },
        grade: *grade,
        entry_year: id.entry_year(),
        state: if graduated.is_some() { ClassState::Graduated } else { ClassState::Active },
        graduated: *graduated,
    };
    told(at(&id.school()), SourceId::class(id), Body::Class(body), now)
}

/// A pupil with the guardians.
pub fn pupil(student: &Student, guardians: &[Guardian], now: Moment) -> Record {
    let Student { pupil, name, number } = student;
    let waiver =
        |waiver: &crate::directory::Waiver| WaiverPart { reason: waiver.reason.clone(), percent: waiver.percent };
    let guardian = |guardian: &Guardian| GuardianPart { name: guardian.name.clone(), phone: guardian.phone.clone() };
    let body = StudentBody {
        number: number.clone(),
        name: name.clone(),
        sex: pupil.sex,
        class: SourceId::class(&pupil.homeroom),
        grade: pupil.grade,
        state: if pupil.graduated.is_some() { StudentState::Graduated } else { StudentState::Attending },
        graduated: pupil.graduated,
        waivers: pupil.waivers.iter().map(waiver).collect(),
        guardians: guardians.iter().map(guardian).collect(),
    };
    told(at(&pupil.school), SourceId::student(&pupil.id), Body::Student(body), now)
}

/// A member of staff, at each school where the person works.
pub fn staff(user: &User, now: Moment) -> Vec<Record> {
    schools(user).into_iter().map(|school| teacher(user, &school, now)).collect()
}

/// The schools at which a person works: where the account was made, and where a role is held.
fn schools(user: &User) -> BTreeSet<SchoolCode> {
    let held = user.grants.iter().filter_map(|grant| match &grant.scope {
        Scope::Classes(school) | Scope::School(school) => Some(school.clone()),
        Scope::Children | Scope::Provider(_) | Scope::Township(_) | Scope::City | Scope::Platform => None,
    });
    held.chain(user.home.clone()).collect()
}

fn teacher(user: &User, school: &SchoolCode, now: Moment) -> Record {
    let posts: BTreeSet<_> = user.posts.iter().map(|post| post.kind).collect();
    let subjects: BTreeSet<_> = user.posts.iter().flat_map(|post| post.subjects.iter().cloned()).collect();
    let body = TeacherBody {
        name: user.name.clone(),
        phone: user.phone.clone(),
        posts: posts.into_iter().collect(),
        subjects: subjects.into_iter().collect(),
        state: if user.frozen.is_some() { TeacherState::Frozen } else { TeacherState::Active },
    };
    told(at(school), SourceId::teacher(school, &user.id), Body::Teacher(body), now)
}
