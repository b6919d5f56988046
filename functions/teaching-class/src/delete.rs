//! A class in which nobody ever was is deleted. S17.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::teaching::membership::delete;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use serde::Serialize;
use store::Commit;
use utoipa::ToSchema;

use crate::scope::{self, Decided};

/// What is gone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClassDeleted {
    /// The class; its number is never given again.
    #[schema(example = "3144200101.2026-2027-1.K012.02")]
    pub class_id: String,
}

/// 删除教学班
#[utoipa::path(
    delete, path = "/classes/{class_id}", operation_id = "delete_class", tag = "教学班",
    params(("class_id" = String, Path, description = "教学班编号")),
    responses(
        (status = 200, description = "已删除", body = ClassDeleted),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已有学生或已上过课,或日期已锁定", body = Problem),
        (status = 412, description = "课表正被频繁修改,请重试", body = Problem),
    ),
)]
pub async fn delete_class(
    State(app): State<App>,
    caller: Caller,
    Path(class_id): Path<String>,
) -> Outcome<Answer<ClassDeleted>> {
    let (granted, before) = scope::class::<may::EditTeaching>(&app, &caller, &class_id).await?;
    let (id, school, code) = (&before.value.id, before.value.id.school(), before.value.id.term());
    let decide = || async {
        let arranged = app.store().arranged(&school, &code).await?;
        let mut class = scope::among(&arranged, &granted, &before.value)?;
        let has_rolls = !app.store().rolls(id).await?.is_empty();
        delete(&mut class.value, has_rolls, &arranged.timetable.value, app.now())?;
        let mut commit = Commit::new(caller.actor(&granted), "teaching.delete_class", app.now());
        commit.save_class(&class)?;
        commit.save_timetable(&arranged.timetable)?;
        Ok(Decided::Change(commit, ()))
    };
    scope::settled(&app, (&school, &code), decide).await?;
    Ok(Answer::ok(ClassDeleted { class_id: id.to_string() }))
}
