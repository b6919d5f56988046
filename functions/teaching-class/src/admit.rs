//! Pupils with a paid seat are taken into a class. S17.2.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::StudentId;
use domain::teaching::class::TeachingClass;
use domain::teaching::membership::{Company, admit};
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::scope::{self, Decided};
use crate::view::ClassDetail;

/// Who is taken in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmitPupils {
    /// 1 to 50 pupils.
    #[schema(value_type = Vec<String>, example = json!(["7K3M9Q2XAB"]))]
    pub students: BTreeSet<StudentId>,
    /// The first day; today without it, and never before the term.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
}

/// 编入学生
///
/// All of them or none. Who is in the class already stays, so that a request may be sent again.
#[utoipa::path(
    post, path = "/classes/{class_id}/members", operation_id = "admit_pupils", tag = "教学班",
    params(("class_id" = String, Path, description = "教学班编号")),
    request_body = AdmitPupils,
    responses(
        (status = 200, description = "已编入", body = ClassDetail),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有有效报名、已在其他教学班、班额已满、时间冲突、日期已锁定或已结课", body = Problem),
        (status = 412, description = "课表正被频繁修改,请重试", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn admit_pupils(
    State(app): State<App>,
    caller: Caller,
    Path(class_id): Path<String>,
    sent: Sent<AdmitPupils>,
) -> Outcome<Answer<ClassDetail>> {
    let (granted, before) = scope::class::<may::EditTeaching>(&app, &caller, &class_id).await?;
    let AdmitPupils { students, from } = sent.value;
    let from = scope::from_day(&app, &before.value, from).await?;
    let (school, code) = (before.value.school.clone(), before.value.id.term());
    let decide = || async {
        let arranged = app.store().arranged(&school, &code).await?;
        let mut class = scope::among(&arranged, &granted, &before.value)?;
        let (seated, records) = scope::seated(&app, &granted, &class.value, students.clone()).await?;
        let id = class.value.id.clone();
        let others: Vec<&TeachingClass> = arranged.others(&id).collect();
        let company = Company { seated: &seated, others: &others, timetable: &arranged.timetable.value };
        let new = admit(&mut class.value, company, &students, from)?;
        if new.is_empty() {
            return Ok(Decided::Known(class));
        }
        let mut commit = Commit::new(caller.actor(&granted), "teaching.admit_pupils", app.now());
        commit.save_class(&class)?;
        commit.save_timetable(&arranged.timetable)?;
        scope::rest_on_seats(&mut commit, &records, &new);
        class.ver = class.ver.saturating_add(1);
        Ok(Decided::Change(commit, class))
    };
    let class: Versioned<TeachingClass> = scope::settled(&app, (&school, &code), decide).await?;
    Ok(Answer::ok(ClassDetail::of(&app, &caller, &class.value).await?).at_version(class.ver))
}
