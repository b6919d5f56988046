//! A lesson of a timetable (课表中的一节课), with everything that has a name. T3 P8 S23.3.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::catalog::{Clock, Period, TermCatalog};
use domain::id::{RoomId, SchoolCode, TermCode};
use domain::teaching::class::{Teacher, TeachingClass};
use domain::teaching::lesson::Lesson;
use domain::teaching::shown::Days;
use edge::App;
use edge::app::Outcome;
use edge::caller::AccessError;
use serde::Serialize;
use utoipa::ToSchema;

/// Who teaches a lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeacherView {
    /// What families read.
    #[schema(example = "李老师")]
    pub called: String,
    /// `main` or `assistant`.
    #[schema(example = "main")]
    pub role: String,
    /// In whose place, for this one lesson (代课).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "王老师")]
    pub stands_in_for: Option<String>,
}

/// Where a lesson that was moved had been planned.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MovedView {
    /// The day.
    #[schema(example = "2026-09-07")]
    pub date: String,
    /// The period.
    #[schema(example = 1)]
    pub period: u8,
}

/// A lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonView {
    /// Its identifier, which stays when it is moved.
    #[schema(example = "3144200101.2026-2027-1.K012.01.003")]
    pub lesson_id: String,
    /// The day.
    #[schema(example = "2026-09-08")]
    pub date: String,
    /// The day of the week, Monday being 1.
    #[schema(example = 2)]
    pub weekday: i8,
    /// The period.
    #[schema(example = 1)]
    pub period: u8,
    /// What the period is called.
    #[schema(example = "课后第一节")]
    pub period_name: String,
    /// When it begins; empty when the school has no such period any more.
    #[schema(example = "16:30")]
    pub begins: String,
    /// When it ends.
    #[schema(example = "17:15")]
    pub ends: String,
    /// The class.
    #[schema(example = "3144200101.2026-2027-1.K012.01")]
    pub class_id: String,
    /// Its title.
    #[schema(example = "书法入门1班")]
    pub class_title: String,
    /// The course.
    #[schema(example = "K012")]
    pub course: String,
    /// Its title.
    #[schema(example = "书法入门")]
    pub course_title: String,
    /// The room.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "3144200101.R301")]
    pub room_id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "书法室")]
    pub room: Option<String>,
    /// Who teaches.
    pub teachers: Vec<TeacherView>,
    /// Who looks after the class.
    pub stewards: Vec<String>,
    /// Where it had been planned, if it was moved (调课).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<MovedView>,
    /// Why it is not given (停课).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off: Option<String>,
}

/// The lessons of some days.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Timetable {
    /// The first day.
    #[schema(format = Date)]
    pub from: String,
    /// The last day.
    #[schema(format = Date)]
    pub until: String,
    /// By day and period. A lesson that was moved from these days to others is among them.
    pub lessons: Vec<LessonView>,
}

impl Timetable {
    /// Of some days.
    pub(crate) fn of(days: Days, lessons: Vec<LessonView>) -> Self {
        Self { from: days.from.to_string(), until: days.until.to_string(), lessons }
    }
}

/// What things of a school's term are called.
pub(crate) struct Names {
    /// The term with its courses.
    pub(crate) catalog: Arc<TermCatalog>,
    rooms: Arc<BTreeMap<RoomId, String>>,
}

impl Names {
    /// From memory, when it is warm.
    pub(crate) async fn of(app: &App, school: &SchoolCode, term: &TermCode) -> Outcome<Self> {
        let catalog = app.store().catalog(school, term).await?.ok_or(AccessError::NotFound)?;
        Ok(Self { catalog, rooms: app.store().room_names(school).await? })
    }

    /// The name of a room; its identifier, if the school has it no more.
    pub(crate) fn room(&self, id: &RoomId) -> String {
        self.rooms.get(id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// A period of the day.
    pub(crate) fn period(&self, number: u8) -> Option<&Period> {
        self.catalog.term.periods.iter().find(|period| period.number == number)
    }

    /// A lesson as it is shown.
    pub(crate) fn lesson(&self, (class, lesson): (&TeachingClass, &Lesson)) -> LessonView {
        let period = self.period(lesson.period);
        let at =
            |minute: fn(&Period) -> u16| period.map_or_else(String::new, |period| Clock(minute(period)).to_string());
        let course = self.catalog.offering(&class.id.offering()).map(|offering| offering.title.clone());
        let room = class.room_of(lesson);
        LessonView {
            lesson_id: class.lesson_id(lesson).to_string(),
            date: lesson.date.to_string(),
            weekday: lesson.date.weekday().to_monday_one_offset(),
            period: lesson.period,
            period_name: period.map_or_else(|| format!("第{}节", lesson.period), |period| period.name.clone()),
            begins: at(|period| period.from_minute),
            ends: at(|period| period.until_minute),
            class_id: class.id.to_string(),
            class_title: class.title.clone(),
            course: class.id.course().to_string(),
            course_title: course.unwrap_or_else(|| class.title.clone()),
            room_id: room.map(ToString::to_string),
            room: room.map(|room| self.room(room)),
            teachers: teachers(class, lesson),
            stewards: class.stewards.iter().map(|steward| steward.called.clone()).collect(),
            moved_from: lesson.moved_from.map(|(date, period)| MovedView { date: date.to_string(), period }),
            off: lesson.off.clone(),
        }
    }
}

fn teachers(class: &TeachingClass, lesson: &Lesson) -> Vec<TeacherView> {
    let view = |(own, present): (&Teacher, &Teacher)| TeacherView {
        called: present.called.clone(),
        role: own.role.to_string(),
        stands_in_for: (own.person != present.person).then(|| own.called.clone()),
    };
    class.teachers_on(lesson.date).iter().zip(class.teachers_of(lesson)).map(view).collect()
}
