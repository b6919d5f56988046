//! A class is changed: its lessons from today on are planned anew, if nobody is needed twice. S17.1 S17.3 S17.4.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::may;
use domain::calendar::Day;
use domain::catalog::Term;
use domain::id::{PersonId, RoomId};
use domain::teaching::arrange::{Ground, arrange};
use domain::teaching::class::{ClassError, Outline, TeachingClass};
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::teaching::Arranged;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::outline::{ClassPattern, ClassSteward, ClassTeacher, Setting};
use crate::scope::{self, Decided};
use crate::view::ClassDetail;

/// What changes. What is not named stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditClass {
    /// 1 to 40 characters.
    #[schema(example = "书法入门1班")]
    pub title: Option<String>,
    /// Most pupils.
    #[schema(example = 40)]
    pub capacity: Option<u16>,
    /// All who teach it.
    pub teachers: Option<Vec<ClassTeacher>>,
    /// All who look after it.
    pub stewards: Option<Vec<ClassSteward>>,
    /// Where.
    #[schema(value_type = Option<String>, example = "3144200101.R301")]
    pub room_id: Option<RoomId>,
    /// When.
    pub pattern: Option<ClassPattern>,
}

impl EditClass {
    fn people(&self) -> BTreeSet<PersonId> {
        let teachers = self.teachers.iter().flatten().map(|teacher| &teacher.person_id);
        teachers.chain(self.stewards.iter().flatten().map(|steward| &steward.person_id)).cloned().collect()
    }

    /// What the class becomes.
    fn over(&self, class: &TeachingClass) -> Outline {
        let Self { title, capacity, teachers, stewards, room_id, pattern } = self.clone();
        let all = |people: Vec<ClassTeacher>| people.into_iter().map(Into::into).collect();
        let others = |people: Vec<ClassSteward>| people.into_iter().map(Into::into).collect();
        Outline {
            title: title.unwrap_or_else(|| class.title.clone()),
            capacity: capacity.unwrap_or(class.capacity),
            teachers: teachers.map_or_else(|| class.teachers.clone(), all),
            stewards: stewards.map_or_else(|| class.stewards.clone(), others),
            room: room_id.or_else(|| class.room.clone()),
            pattern: pattern.map_or_else(|| class.pattern.clone(), Into::into),
        }
    }
}

/// 修改教学班
///
/// Lessons that were given, or of which somebody has decided something, stay as they are; the others from today on
/// follow the new pattern.
#[utoipa::path(
    patch, path = "/classes/{class_id}", operation_id = "edit_class", tag = "教学班",
    params(
        ("class_id" = String, Path, description = "教学班编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = EditClass,
    responses(
        (status = 200, description = "已保存", body = ClassDetail),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "时间冲突、日期已锁定、学生多于班额或已结课", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_class(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(class_id): Path<String>,
    sent: Sent<EditClass>,
) -> Outcome<Answer<ClassDetail>> {
    let (granted, before) = scope::class::<may::EditTeaching>(&app, &caller, &class_id).await?;
    let (edit, school, code) = (sent.value, before.value.school.clone(), before.value.id.term());
    version.check(before.ver)?;
    let on = scope::term(&app, &school, &code).await?;
    let decide = || async {
        let arranged = app.store().arranged(&school, &code).await?;
        let mut class = scope::among(&arranged, &granted, &before.value)?;
        version.check(class.ver)?;
        change(&app, (&on, &arranged), &mut class.value, &edit).await?;
        let mut commit = Commit::new(caller.actor(&granted), "teaching.edit_class", app.now());
        commit.save_class(&class)?;
        commit.save_timetable(&arranged.timetable)?;
        class.ver = class.ver.saturating_add(1);
        Ok(Decided::Change(commit, class))
    };
    let class: Versioned<TeachingClass> = scope::settled(&app, (&school, &code), decide).await?;
    Ok(Answer::ok(ClassDetail::of(&app, &caller, &class.value).await?).at_version(class.ver))
}

/// Makes the class what it is to be, among the others.
async fn change(
    app: &App,
    ((term, days), arranged): (&(Term, Vec<Day>), &Arranged),
    class: &mut TeachingClass,
    edit: &EditClass,
) -> Outcome<()> {
    let today = app.now().day();
    let outline = edit.over(class);
    let place = (&class.school, &class.specification);
    let setting = Setting::read(app, place, (edit.people(), outline.room.as_ref()), &class.staff).await?;
    class.take_over(setting.checked(outline, term)?, today);
    if class.most_members(today) > usize::from(class.capacity) {
        return Err(ClassError::Full { title: class.title.clone(), capacity: class.capacity }.into());
    }
    let ahead = class.lessons.iter().filter(|lesson| lesson.date >= today);
    let rolls = app.store().rolls_of(ahead.map(|lesson| class.lesson_id(lesson))).await?;
    let kept: BTreeSet<u16> = rolls.keys().map(domain::id::LessonId::number).collect();
    let id = class.id.clone();
    let others: Vec<&TeachingClass> = arranged.others(&id).collect();
    let ground = Ground { days, timetable: &arranged.timetable.value, others: &others };
    Ok(arrange(class, ground, today, |lesson| kept.contains(&lesson.no))?)
}
