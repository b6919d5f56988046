//! A teacher's lessons one by one: what became of the teacher, and what the attendance of the pupils came to.

use domain::teaching::counted::{Mark, Of, Part, Whose};
use domain::teaching::grouped::{By, Group, Homerooms};
use domain::teaching::hours::Hours;
use serde::Serialize;
use utoipa::ToSchema;

use crate::counting::Counting;
use crate::view::AttendanceTallyView;

/// A teacher's part in a lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeacherRecord {
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.007")]
    pub lesson_id: String,
    /// The title of the class.
    #[schema(example = "书法入门1班")]
    pub title: String,
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// The period.
    #[schema(example = 1)]
    pub period: u8,
    /// The day on which it had been planned, if it was moved (调课).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub moved_from: Option<String>,
    /// `off`, `to_come` or `held`.
    #[schema(example = "held")]
    pub standing: String,
    /// The teacher.
    #[schema(example = "T000000001")]
    pub person_id: String,
    /// A form of address.
    #[schema(example = "李老师")]
    pub called: String,
    /// Whether in somebody else's place (代课).
    pub stands_in: bool,
    /// `normal`, `late`, `on_leave`, `absent`, `abnormal`, `replaced` or `unknown`; none unless the lesson was held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "normal")]
    pub mark: Option<String>,
    /// When the teacher checked in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub checked_in_at: Option<String>,
    /// Minutes after the beginning, once that counts as late.
    pub late_minutes: u16,
    /// What the attendance of the lesson's pupils came to.
    pub pupils: AttendanceTallyView,
}

impl TeacherRecord {
    /// By what records are sorted, and where a page ends.
    pub(crate) fn place(&self) -> String {
        format!("{}#{:03}#{}#{}", self.date, self.period, self.lesson_id, self.person_id)
    }
}

/// What is known of the teachers of these lessons, in the order of the lessons' times; only what became so, if asked for.
pub(crate) fn records(counting: &Counting<'_>, mark: Option<Mark>) -> Vec<TeacherRecord> {
    let of_pupils = counting.hours(Of::Pupils, By::Lesson, &Homerooms::new());
    let wanted = counting.parts(Of::Teachers).filter(|part| mark.is_none() || part.mark == mark);
    let mut found: Vec<TeacherRecord> = wanted
        .filter_map(|part| {
            let pupils = of_pupils.get(&Group::Lesson(part.class.lesson_id(part.lesson))).copied();
            record(&part, counting, &pupils.unwrap_or_default())
        })
        .collect();
    found.sort_by_cached_key(TeacherRecord::place);
    found
}

fn record(part: &Part<'_>, counting: &Counting<'_>, pupils: &Hours) -> Option<TeacherRecord> {
    let Whose::Teacher { teacher, stands_in } = part.whose else { return None };
    let lesson = part.class.lesson_id(part.lesson);
    let check_in = counting.rolls.get(&lesson).and_then(|roll| roll.check_ins.get(&teacher.person));
    Some(TeacherRecord {
        lesson_id: lesson.to_string(),
        title: part.class.title.clone(),
        date: part.lesson.date.to_string(),
        period: part.lesson.period,
        moved_from: part.lesson.moved_from.map(|(date, _)| date.to_string()),
        standing: part.standing.to_string(),
        person_id: teacher.person.to_string(),
        called: teacher.called.clone(),
        stands_in,
        mark: part.mark.map(|mark| mark.to_string()),
        checked_in_at: check_in.map(|check_in| check_in.at.to_string()),
        late_minutes: check_in.map_or(0, |check_in| check_in.late_minutes),
        pupils: (&pupils.tally).into(),
    })
}
