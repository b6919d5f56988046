//! Presence in lessons (教学班教师考勤、教学班学生考勤) as the city is told of it. B6.1.
//!
//! Only what somebody has said is told: a pupil of whom nothing is known and a teacher whose lesson nobody has called
//! have no record yet.

use super::teaching::{Names, named};
use super::told;
use crate::id::PersonId;
use crate::supervision::body::{Body, StudentAttendanceBody, TeacherAttendanceBody};
use crate::supervision::code::TeacherPresence;
use crate::supervision::record::{Place, Record};
use crate::supervision::source::SourceId;
use crate::teaching::class::{Teacher, TeachingClass};
use crate::teaching::lesson::Lesson;
use crate::teaching::roll::Roll;
use crate::time::Moment;

/// What a roll says about teachers and pupils of its lesson.
pub fn attendance(class: &TeachingClass, roll: &Roll, names: &Names, now: Moment) -> Vec<Record> {
    if class.deleted_at.is_some() {
        return Vec::new();
    }
    let place = Place { school: class.school.clone(), term: Some(class.id.term()), day: Some(roll.date) };
    let all = of_teachers(class, roll, names).into_iter().chain(of_pupils(class, roll));
    all.map(|(source_id, body)| told(place.clone(), source_id, body, now)).collect()
}

fn of_pupils(class: &TeachingClass, roll: &Roll) -> Vec<(SourceId, Body)> {
    let tell = |student| {
        let presence = roll.presence(&student)?;
        let body = StudentAttendanceBody {
            class: SourceId::teaching_class(&class.id),
            student: SourceId::student(&student),
            lesson_no: roll.no,
            date: roll.date,
            period: roll.period,
            presence: presence.into(),
            called_at: roll.called_at,
            corrected: roll.corrected.contains_key(&student),
        };
        Some((SourceId::student_attendance(&roll.lesson(), &student), Body::StudentAttendance(body)))
    };
    roll.pupils(class.roster(roll.date)).into_iter().filter_map(tell).collect()
}

fn of_teachers(class: &TeachingClass, roll: &Roll, names: &Names) -> Vec<(SourceId, Body)> {
    let stand_ins = class.lesson(roll.no).map(|lesson: &Lesson| lesson.stand_ins.as_slice()).unwrap_or_default();
    let tell = |teacher: &Teacher, presence, stands_in| of_teacher(class, roll, (teacher, presence, stands_in), names);
    let mut all = Vec::new();
    for teacher in class.teachers_on(roll.date) {
        match stand_ins.iter().find(|one| one.absent == teacher.person) {
            Some(one) => {
                all.push(tell(teacher, Some(TeacherPresence::Replaced), false));
                all.push(tell(&one.present, presence(roll, &one.present.person), true));
            }
            None => all.push(tell(teacher, presence(roll, &teacher.person), false)),
        }
    }
    all.into_iter().flatten().collect()
}

fn of_teacher(
    class: &TeachingClass,
    roll: &Roll,
    (one, presence, stands_in): (&Teacher, Option<TeacherPresence>, bool),
    names: &Names,
) -> Option<(SourceId, Body)> {
    let (teacher, external_name) = named(class, &one.person, names);
    let checked_in = roll.check_ins.get(&one.person);
    let body = TeacherAttendanceBody {
        class: SourceId::teaching_class(&class.id),
        teacher,
        external_name,
        called: one.called.clone(),
        role: one.role.into(),
        lesson_no: roll.no,
        date: roll.date,
        period: roll.period,
        presence: presence?,
        stands_in,
        checked_in_at: checked_in.map(|check_in| check_in.at),
        late_minutes: checked_in.map_or(0, |check_in| check_in.late_minutes),
        corrected: checked_in.is_some_and(|check_in| check_in.correction.is_some()),
    };
    Some((SourceId::teacher_attendance(&roll.lesson(), &one.person), Body::TeacherAttendance(body)))
}

/// A check-in counts before leave. Of who has neither it is known that they never checked in once the roll was called.
fn presence(roll: &Roll, person: &PersonId) -> Option<TeacherPresence> {
    match roll.check_ins.get(person) {
        Some(check_in) if check_in.late_minutes > 0 => Some(TeacherPresence::Late),
        Some(_) => Some(TeacherPresence::Present),
        None if roll.teacher_leaves.contains_key(person) => Some(TeacherPresence::OnLeave),
        None => roll.called_at.map(|_| TeacherPresence::Absent),
    }
}
