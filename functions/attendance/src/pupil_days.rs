//! A pupil's days: every lesson with what became of the pupil in it. One look at the rolls, whatever there is to see.
//! P9 S25.2.

use std::sync::Arc;

use domain::access::may;
use domain::id::StudentId;
use domain::teaching::class::TeachingClass;
use domain::teaching::lesson::Lesson;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::parse;
use edge::{App, Caller};
use futures::future::try_join_all;
use jiff::civil::Date;
use store::teaching::TermClasses;

use crate::view::PupilLesson;

/// The lessons of a pupil whom the caller reaches, in the order of their times.
pub(crate) async fn lessons_of_pupil(
    app: &App,
    caller: &Caller,
    student: &str,
    (from, until): (Date, Date),
) -> Outcome<Vec<PupilLesson>> {
    let granted = caller.ask::<may::ViewAttendance>(app).await?;
    let student: StudentId = parse("student_id", student)?;
    let pupil = app.store().pupil(&student).await?.and_then(|found| found.within(&granted));
    let school = pupil.ok_or(AccessError::NotFound)?.value.school;
    let terms = app.store().recent_terms(&school).await?;
    let touched = terms.iter().filter(|term| term.starts_on <= until && from <= term.ends_on);
    let of_term = |code| {
        let (app, school) = (app, &school);
        async move { app.store().term_classes(school, code).await }
    };
    let classes: Vec<Arc<TermClasses>> = try_join_all(touched.clone().map(|term| of_term(&term.code))).await?;
    let mut lessons: Vec<_> = touched
        .zip(&classes)
        .flat_map(|(term, classes)| classes.of_pupil(&student).map(move |class| (term, class)))
        .flat_map(|(term, class)| class.lessons_in(from, until).map(move |lesson| (term, class, lesson)))
        .filter(|(_, class, lesson)| class.has(&student, lesson.date))
        .collect();
    lessons.sort_by_key(|(_, class, lesson)| (lesson.at(), &class.id));
    let id = |class: &TeachingClass, lesson: &Lesson| class.lesson_id(lesson);
    let rolls = app.store().rolls_of(lessons.iter().map(|(_, class, lesson)| id(class, lesson))).await?;
    let view = |(term, class, lesson): (&domain::catalog::Term, &TeachingClass, &Lesson)| {
        let roll = rolls.get(&id(class, lesson)).map(|roll| &roll.value);
        PupilLesson::of(&student, (class, lesson), &term.periods, roll)
    };
    Ok(lessons.into_iter().map(view).collect())
}
