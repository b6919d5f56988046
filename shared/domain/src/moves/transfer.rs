//! Transfer (学生调班): from one class to another of the same course. No seat and no money changes; what was given in the
//! old class stays there. S28 P12.

use jiff::civil::Date;

use super::MoveError;
use crate::catalog::Term;
use crate::id::{ClassId, StudentId};
use crate::teaching::arrange::ArrangeError;
use crate::teaching::class::TeachingClass;
use crate::teaching::membership::{Company, admit, dismiss};
use crate::time::Moment;

/// The class of the same offering in which a pupil is on a day, for one that is wished.
pub fn from_class<'c>(
    classes: impl IntoIterator<Item = &'c TeachingClass>,
    to: &ClassId,
    student: &StudentId,
    on: Date,
) -> Result<&'c TeachingClass, MoveError> {
    let mut siblings = classes.into_iter().filter(|class| class.id.offering() == to.offering());
    let from = siblings.find(|class| class.has(student, on)).ok_or(MoveError::NotInClass)?;
    if from.id == *to { Err(MoveError::SameClass) } else { Ok(from) }
}

/// Whether a pupil can be transferred from a day on: today or later, within the term.
pub fn check_day(term: &Term, on: Date, now: Moment) -> Result<(), MoveError> {
    let (from, until) = (now.day(), term.ends_on);
    if (from..=until).contains(&on) { Ok(()) } else { Err(MoveError::DayOutOfRange { from, until }) }
}

/// Lets a pupil go out of one class and come into another from the same day on; what the pupil got goes along. Both classes
/// are usable only if that succeeds. `company` has neither of them among the others.
pub fn transfer(
    (from, to): (&mut TeachingClass, &mut TeachingClass),
    company: Company<'_>,
    student: &StudentId,
    on: Date,
) -> Result<(), ArrangeError> {
    let materials = from.members.iter().filter(|member| member.student == *student).find_map(|one| one.materials);
    dismiss(from, company.timetable, student, on)?;
    let mut others = company.others.to_vec();
    others.push(from);
    admit(to, Company { others: &others, ..company }, &[student.clone()].into(), on)?;
    for member in to.members.iter_mut().filter(|member| member.student == *student) {
        member.materials = member.materials.or(materials);
    }
    Ok(())
}
