//! Membership (教学班学生): who is taken into a class, who goes, who has got the materials. S17.2.
//!
//! In a class is who has a paid seat in its offering, and in one class of it only. A pupil who leaves the course leaves
//! its class by the same word, in the same transaction.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::arrange::ArrangeError;
use super::clash::Occupied;
use super::class::{ClassError, TeachingClass};
use super::timetable::Timetable;
use crate::id::{CourseCode, StudentId};
use crate::record::{OrderState, TermRecord};
use crate::time::Moment;

/// Most pupils that one change takes in.
pub const AT_ONCE: usize = 50;

/// A pupil with a paid seat in an offering; who took it first comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seated {
    /// Since when.
    pub since: Moment,
    /// The pupil.
    pub student: StudentId,
}

impl Seated {
    /// By a pupil's record; none without a paid seat in the course.
    pub fn of(record: &TermRecord, course: &CourseCode) -> Option<Self> {
        let (order, _) = record.seat_in(course).filter(|(order, _)| order.state == OrderState::Paid)?;
        Some(Self { since: order.placed_at, student: record.student.clone() })
    }
}

/// What pupils are taken in by.
#[derive(Debug, Clone, Copy)]
pub struct Company<'a> {
    /// Who has a paid seat in the offering.
    pub seated: &'a BTreeSet<Seated>,
    /// The other classes of the term.
    pub others: &'a [&'a TeachingClass],
    /// What all classes of the term share.
    pub timetable: &'a Timetable,
}

impl<'a> Company<'a> {
    /// The other class of the same offering in which a pupil is, on a day or later.
    fn elsewhere(&self, class: &TeachingClass, student: &StudentId, from: Date) -> Option<&'a TeachingClass> {
        let siblings = self.others.iter().filter(|other| other.id.offering() == class.id.offering());
        let mut in_it = siblings.filter(|other| is_in(other, student, from));
        in_it.next().copied()
    }

    fn is_seated(&self, student: &StudentId) -> bool {
        self.seated.iter().any(|seated| seated.student == *student)
    }
}

/// Whether a pupil is in a class on a day or later.
fn is_in(class: &TeachingClass, student: &StudentId, from: Date) -> bool {
    class.members.iter().any(|member| member.student == *student && member.until.is_none_or(|until| until > from))
}

/// Whether the class still changes, and its lessons from a day on lie in no lock.
fn check_open(class: &TeachingClass, timetable: &Timetable, from: Date) -> Result<(), ArrangeError> {
    if class.closed.is_some() {
        return Err(ClassError::Closed.into());
    }
    timetable.allows(class.lessons_in(from, Date::MAX).map(|lesson| lesson.date))?;
    Ok(())
}

/// Takes these pupils in from a day on, all or none; who is in it already stays. Returns who is new.
pub fn admit(
    class: &mut TeachingClass,
    company: Company<'_>,
    students: &BTreeSet<StudentId>,
    from: Date,
) -> Result<Vec<StudentId>, ArrangeError> {
    if !(1..=AT_ONCE).contains(&students.len()) {
        return Err(ClassError::StudentsUnusable.into());
    }
    check_open(class, company.timetable, from)?;
    let mut new = Vec::new();
    for student in students {
        if !company.is_seated(student) {
            return Err(ClassError::NotEnrolled { student: student.to_string() }.into());
        }
        if let Some(other) = company.elsewhere(class, student, from) {
            return Err(ClassError::MemberElsewhere { student: student.to_string(), title: other.title.clone() }.into());
        }
        if !class.has(student, from) {
            class.admit(student, from)?;
            new.push(student.clone());
        }
    }
    Occupied::by(company.others.iter().copied(), from).admits(class, from)?;
    Ok(new)
}

/// Who was taken in, and who was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    /// Who is new in the class.
    pub new: Vec<StudentId>,
    /// Who is somewhere else at the same time.
    pub clashing: Vec<StudentId>,
    /// For whom there is no room.
    pub without_room: Vec<StudentId>,
}

/// Takes in from a day on who has a paid seat and is in no class of the offering yet, as long as there is room and at most
/// [`AT_ONCE`]. Who took the seat first comes first.
pub fn fill(class: &mut TeachingClass, company: Company<'_>, from: Date) -> Result<Filled, ArrangeError> {
    check_open(class, company.timetable, from)?;
    let occupied = Occupied::by(company.others.iter().copied(), from);
    let mut filled = Filled::default();
    for Seated { student, .. } in company.seated {
        if filled.new.len() >= AT_ONCE {
            break;
        }
        if is_in(class, student, from) || company.elsewhere(class, student, from).is_some() {
            continue;
        }
        if occupied.holds(student, class, from) {
            filled.clashing.push(student.clone());
        } else if class.admit(student, from).is_ok() {
            filled.new.push(student.clone());
        } else {
            filled.without_room.push(student.clone());
        }
    }
    Ok(filled)
}

/// Lets a pupil go from a day on.
pub fn dismiss(
    class: &mut TeachingClass,
    timetable: &Timetable,
    student: &StudentId,
    from: Date,
) -> Result<(), ArrangeError> {
    check_open(class, timetable, from)?;
    class.release(student, from)?;
    Ok(())
}

/// Lets a pupil go who has left the course: that is decided, and nothing stands against it. Days that are locked stay as
/// they are: then the pupil belongs to the class until the first open day. Returns whether the pupil was in it.
pub fn leave(class: &mut TeachingClass, timetable: &Timetable, student: &StudentId, on: Date) -> bool {
    let mut days = on.series(jiff::Span::new().days(1));
    let open = days.find(|day| !timetable.is_locked(*day)).unwrap_or(on);
    class.release(student, open).is_ok()
}

/// Notes that pupils have got the materials; who has them has had them since the first time.
pub fn hand_out(class: &mut TeachingClass, students: &BTreeSet<StudentId>, on: Date) -> Result<(), ClassError> {
    if class.closed.is_some() {
        return Err(ClassError::Closed);
    }
    if students.is_empty() {
        return Err(ClassError::StudentsUnusable);
    }
    if let Some(stranger) = students.iter().find(|student| !class.knows(student)) {
        return Err(ClassError::NotAMember { student: stranger.to_string() });
    }
    for member in class.members.iter_mut().filter(|member| students.contains(&member.student)) {
        member.materials = member.materials.or(Some(on));
    }
    Ok(())
}

/// Deletes a class in which nobody ever was and nothing was ever given.
pub fn delete(
    class: &mut TeachingClass,
    has_rolls: bool,
    timetable: &Timetable,
    now: Moment,
) -> Result<(), ArrangeError> {
    if has_rolls || !class.members.is_empty() {
        return Err(ClassError::InUse.into());
    }
    timetable.allows(class.lessons.iter().map(|lesson| lesson.date))?;
    class.lessons.clear();
    class.deleted_at = Some(now);
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::fault::Fault as _;
    use crate::teaching::clash::ClashError;
    use crate::teaching::class::tests::class as empty_class;
    use crate::teaching::lesson::Lesson;
    use crate::teaching::timetable::LockedBy;

    const FROM: Date = date(2026, 9, 1);

    fn pupil(number: u8) -> StudentId {
        format!("S00000000{number}").parse().unwrap()
    }

    fn pupils(numbers: impl IntoIterator<Item = u8>) -> BTreeSet<StudentId> {
        numbers.into_iter().map(pupil).collect()
    }

    /// The pupils with these numbers have taken their seats in this order.
    fn seated(numbers: impl IntoIterator<Item = u8>) -> BTreeSet<Seated> {
        let since = |(order, number): (usize, u8)| Seated {
            since: Moment::from_seconds(i64::try_from(order).unwrap()),
            student: pupil(number),
        };
        numbers.into_iter().enumerate().map(since).collect()
    }

    fn class(id: &str, teacher: &str) -> TeachingClass {
        let mut class = empty_class(id);
        class.lessons = vec![Lesson::planned(1, date(2026, 9, 2), 1), Lesson::planned(2, date(2026, 9, 9), 1)];
        class.teachers[0].person = teacher.parse().unwrap();
        class.room = None;
        class
    }

    fn first() -> TeachingClass {
        class("3144200101.2026-2027-1.K1.01", "T000000001")
    }

    fn second() -> TeachingClass {
        class("3144200101.2026-2027-1.K1.02", "T000000002")
    }

    fn open() -> Timetable {
        Timetable::new("3144200101".parse().unwrap(), "2026-2027-1".parse().unwrap())
    }

    fn locked(until: Date) -> Timetable {
        let mut timetable = open();
        let now = Moment::parse("2026-12-31T08:00:00+08:00").unwrap();
        let by = (LockedBy::School, &"A000000001".parse().unwrap());
        timetable.begin_lock((FROM, until), by, (FROM, date(2027, 1, 22)), now).unwrap();
        timetable
    }

    #[test]
    fn s17_2_in_a_class_is_who_has_a_paid_seat_and_is_in_no_other_class_of_the_offering() {
        let (mut one, mut other, timetable) = (first(), second(), open());
        let seats = seated([1, 2]);
        let alone = Company { seated: &seats, others: &[], timetable: &timetable };
        assert_eq!(admit(&mut one, alone, &pupils([1]), FROM), Ok(vec![pupil(1)]));
        assert_eq!(admit(&mut one, alone, &pupils([1]), FROM), Ok(Vec::new()), "who is in it stays");
        let before = one.clone();
        let beside_it = [&before];
        let beside = Company { others: &beside_it, ..alone };
        let refused = admit(&mut other.clone(), beside, &pupils([1, 2]), FROM).unwrap_err();
        assert_eq!(refused.slug(), "class/member-elsewhere");
        let refused = admit(&mut other, beside, &pupils([3]), FROM).unwrap_err();
        assert_eq!(refused, ClassError::NotEnrolled { student: "S000000003".to_owned() }.into());
        one.release(&pupil(1), date(2026, 9, 8)).unwrap();
        let beside_it = [&one];
        let later = Company { others: &beside_it, ..alone };
        let refused = admit(&mut other.clone(), later, &pupils([1]), FROM).unwrap_err();
        assert_eq!(refused.slug(), "class/member-elsewhere", "until the 8th");
        assert_eq!(admit(&mut other, later, &pupils([1]), date(2026, 9, 8)), Ok(vec![pupil(1)]));
    }

    #[test]
    fn s9_2_a_pupil_is_not_taken_in_who_is_somewhere_else_at_that_time() {
        let mut elsewhere = class("3144200101.2026-2027-1.K9.01", "T000000009");
        elsewhere.admit(&pupil(1), FROM).unwrap();
        let (seats, timetable) = (seated([1, 2, 3, 4, 5]), open());
        let company = Company { seated: &seats, others: &[&elsewhere], timetable: &timetable };
        let refused = admit(&mut first(), company, &pupils([1]), FROM);
        assert!(matches!(refused, Err(ArrangeError::Clash(ClashError::Clashes(clashes))) if clashes.len() == 2));
        let mut one = first();
        let filled = fill(&mut one, company, FROM).unwrap();
        let (new, over) = (vec![pupil(2), pupil(3), pupil(4)], vec![pupil(5)]);
        assert_eq!(filled, Filled { new, clashing: vec![pupil(1)], without_room: over });
        assert_eq!(fill(&mut one, company, FROM).unwrap().new, Vec::new(), "again changes nothing");
    }

    #[test]
    fn s25_5_who_was_in_a_class_on_locked_days_stays_so() {
        let (seats, locked) = (seated([1, 2]), locked(date(2026, 9, 5)));
        let mut one = first();
        one.admit(&pupil(1), FROM).unwrap();
        let company = Company { seated: &seats, others: &[], timetable: &locked };
        let slug = |refused: ArrangeError| refused.slug();
        assert_eq!(admit(&mut one, company, &pupils([2]), FROM).map_err(slug), Err("lock/day-locked"));
        assert_eq!(fill(&mut one, company, FROM).map_err(slug), Err("lock/day-locked"));
        assert_eq!(dismiss(&mut one, &locked, &pupil(1), FROM).map_err(slug), Err("lock/day-locked"));
        assert_eq!(dismiss(&mut one.clone(), &locked, &pupil(1), date(2026, 9, 6)), Ok(()));
        assert!(leave(&mut one, &locked, &pupil(1), date(2026, 9, 2)));
        assert!(one.has(&pupil(1), date(2026, 9, 5)) && !one.has(&pupil(1), date(2026, 9, 6)));
        assert!(!leave(&mut one, &locked, &pupil(1), date(2026, 9, 2)), "nobody leaves twice");
    }

    #[test]
    fn s17_2_materials_are_handed_out_to_pupils_of_the_class_once() {
        let mut one = first();
        one.admit(&pupil(1), FROM).unwrap();
        hand_out(&mut one, &pupils([1]), date(2026, 9, 2)).unwrap();
        hand_out(&mut one, &pupils([1]), date(2026, 9, 9)).unwrap();
        assert_eq!(one.members[0].materials, Some(date(2026, 9, 2)));
        assert!(matches!(hand_out(&mut one, &pupils([1, 2]), FROM), Err(ClassError::NotAMember { .. })));
        assert_eq!(hand_out(&mut one, &pupils([]), FROM), Err(ClassError::StudentsUnusable));
    }

    #[test]
    fn s17_1_a_class_is_deleted_only_when_nobody_was_ever_in_it() {
        let now = Moment::from_seconds(0);
        let mut one = first();
        assert_eq!(delete(&mut one.clone(), true, &open(), now), Err(ClassError::InUse.into()));
        assert!(matches!(delete(&mut one.clone(), false, &locked(date(2026, 9, 5)), now), Err(ArrangeError::Lock(_))));
        one.admit(&pupil(1), FROM).unwrap();
        assert_eq!(delete(&mut one.clone(), false, &open(), now), Err(ClassError::InUse.into()));
        one.release(&pupil(1), FROM).unwrap();
        delete(&mut one, false, &open(), now).unwrap();
        assert!(one.deleted_at.is_some() && one.lessons.is_empty());
    }

    proptest! {
        #[test]
        fn s17_2_nobody_is_in_two_classes_of_an_offering_or_in_one_without_a_seat(
            acts in prop::collection::vec((0u8..4, 0u8..8, 0i8..20, any::<bool>()), 0..40),
        ) {
            let (mut classes, timetable) = ([first(), second()], open());
            let seats = seated([0, 1, 2, 3, 4, 5]);
            for (act, who, day, which) in acts {
                let from = date(2026, 9, day.saturating_add(1));
                let [one, two] = &mut classes;
                let (class, other) = if which { (one, &*two) } else { (two, &*one) };
                let before = class.clone();
                let company = Company { seated: &seats, others: &[other], timetable: &timetable };
                let done = match act {
                    0 => admit(class, company, &pupils([who]), from).is_ok(),
                    1 => fill(class, company, from).is_ok(),
                    2 => dismiss(class, &timetable, &pupil(who), from).is_ok(),
                    _ => leave(class, &timetable, &pupil(who), from),
                };
                if !done && act > 1 {
                    prop_assert_eq!(&*class, &before);
                }
                if !done {
                    *class = before;
                }
                for day in 1..=28 {
                    let on = date(2026, 9, day);
                    let (here, there) = (classes[0].roster(on), classes[1].roster(on));
                    prop_assert!(here.iter().all(|pupil| !there.contains(pupil)), "{:?} {:?}", here, there);
                    prop_assert!(here.iter().chain(&there).all(|one| seats.iter().any(|seat| seat.student == *one)));
                }
            }
        }
    }
}
