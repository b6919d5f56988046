//! A teacher's own timetable, over all schools where the teacher teaches. T3.1.

use std::collections::BTreeSet;

use axum::extract::State;
use domain::access::may;
use domain::id::SchoolCode;
use domain::teaching::shown::{Concerned, shown};
use edge::app::Outcome;
use edge::http::{Answer, Query};
use edge::{App, Caller, Problem};

use crate::scope;
use crate::show_student_timetable::WhichDays;
use crate::view::{Names, Timetable};

/// 查询本人课表
///
/// What the caller teaches, stands in for, is stood in for, or looks after.
#[utoipa::path(
    get, path = "/me/timetable", operation_id = "show_own_timetable", tag = "课表",
    responses(
        (status = 200, description = "课表", body = Timetable),
        (status = 400, description = "参数不正确,或超过 62 天", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_own_timetable(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichDays>,
) -> Outcome<Answer<Timetable>> {
    let granted = caller.ask::<may::ViewTeaching>(&app).await?;
    let days = scope::days(&app, which.from.as_deref(), which.until.as_deref())?;
    let concerned = Concerned { teacher: Some(caller.id.clone()), ..Concerned::default() };
    // Only where the caller works: who oversees many schools teaches at none of them.
    let at: BTreeSet<&SchoolCode> = caller.grants.iter().filter_map(|grant| grant.scope.school()).collect();
    let mut lessons = Vec::new();
    for school in at.into_iter().filter(|school| granted.covers_school(school)) {
        for term in scope::terms(&app, school, days).await? {
            let names = Names::of(&app, school, &term).await?;
            let classes = app.store().term_classes(school, &term).await?;
            let found = shown(classes.open_to(&granted), &concerned, days)?;
            lessons.extend(found.into_iter().map(|lesson| names.lesson(lesson)));
        }
    }
    lessons.sort_by(|one, other| {
        (&one.date, &one.begins, &one.lesson_id).cmp(&(&other.date, &other.begins, &other.lesson_id))
    });
    Ok(Answer::ok(Timetable::of(days, lessons)))
}
