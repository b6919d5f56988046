//! A class takes in everybody who has a paid seat in its offering and is in no class of it yet. S17.2.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::id::StudentId;
use domain::teaching::class::TeachingClass;
use domain::teaching::membership::{AT_ONCE, Company, Filled, fill};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::scope::{self, Decided};
use crate::view::ClassDetail;

/// From when on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FillClass {
    /// The first day; today without it, and never before the term.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
}

/// Who was taken in, and who was not.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClassFilled {
    /// The class as it is now.
    pub class: ClassDetail,
    /// Who is new in it.
    #[schema(value_type = Vec<String>)]
    pub new: Vec<StudentId>,
    /// Who is somewhere else at the same time.
    #[schema(value_type = Vec<String>)]
    pub clashing: Vec<StudentId>,
    /// For whom there is no room: they want another class.
    #[schema(value_type = Vec<String>)]
    pub without_room: Vec<StudentId>,
}

/// 按报名编入全部学生
///
/// Who took the seat first comes first, until the class is full. Sent again, it takes in who has come since.
#[utoipa::path(
    post, path = "/classes/{class_id}/members/fill", operation_id = "fill_class", tag = "教学班",
    params(("class_id" = String, Path, description = "教学班编号")),
    request_body = FillClass,
    responses(
        (status = 200, description = "已编入", body = ClassFilled),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "日期已锁定或已结课", body = Problem),
        (status = 412, description = "课表正被频繁修改,请重试", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn fill_class(
    State(app): State<App>,
    caller: Caller,
    Path(class_id): Path<String>,
    sent: Sent<FillClass>,
) -> Outcome<Answer<ClassFilled>> {
    let (granted, before) = scope::class::<may::EditTeaching>(&app, &caller, &class_id).await?;
    let from = scope::from_day(&app, &before.value, sent.value.from).await?;
    let id = &before.value.id;
    let offering = app.store().offering(&id.offering()).await?.ok_or(AccessError::NotFound)?.value;
    let ledgers = app.store().ledgers(&offering.id, offering.capacity).await?;
    // The ledgers name who may have a seat; the records say who has.
    let holders = ledgers.iter().flat_map(|ledger| ledger.seats.keys());
    let holders: BTreeSet<StudentId> = holders.filter_map(|student| student.parse().ok()).collect();
    let (school, code) = (id.school(), id.term());
    let mut new = Vec::new();
    loop {
        let decide = || take_in(&app, (&caller, &granted), &before.value, (&holders, from));
        let (class, filled): (Versioned<TeachingClass>, Filled) =
            scope::settled(&app, (&school, &code), decide).await?;
        let more = filled.new.len() >= AT_ONCE;
        new.extend(filled.new);
        if !more {
            let Filled { clashing, without_room, .. } = filled;
            let detail = ClassDetail::of(&app, &caller, &class.value).await?;
            let answer = ClassFilled { class: detail, new, clashing, without_room };
            return Ok(Answer::ok(answer).at_version(class.ver));
        }
    }
}

/// Takes in as many as one change may.
async fn take_in(
    app: &App,
    (caller, granted): (&Caller, &Granted<may::EditTeaching>),
    before: &TeachingClass,
    (holders, from): (&BTreeSet<StudentId>, Date),
) -> Outcome<Decided<(Versioned<TeachingClass>, Filled)>> {
    let arranged = app.store().arranged(&before.school, &before.id.term()).await?;
    let mut class = scope::among(&arranged, granted, before)?;
    let (seated, records) = scope::seated(app, granted, &class.value, holders.clone()).await?;
    let others: Vec<&TeachingClass> = arranged.others(&before.id).collect();
    let company = Company { seated: &seated, others: &others, timetable: &arranged.timetable.value };
    let filled = fill(&mut class.value, company, from)?;
    if filled.new.is_empty() {
        return Ok(Decided::Known((class, filled)));
    }
    let mut commit = Commit::new(caller.actor(granted), "teaching.fill_class", app.now());
    commit.save_class(&class)?;
    commit.save_timetable(&arranged.timetable)?;
    scope::rest_on_seats(&mut commit, &records, &filled.new);
    class.ver = class.ver.saturating_add(1);
    Ok(Decided::Change(commit, (class, filled)))
}
