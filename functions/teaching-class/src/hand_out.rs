//! Pupils of a class have got their materials (教材领取). S17.2.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::StudentId;
use domain::teaching::class::TeachingClass;
use domain::teaching::membership::hand_out;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::scope::{self, Decided};
use crate::view::ClassDetail;

/// Who has got them.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOutMaterials {
    /// Pupils who are in the class or were.
    #[schema(value_type = Vec<String>, example = json!(["7K3M9Q2XAB"]))]
    pub students: BTreeSet<StudentId>,
}

/// 登记教材领取
///
/// Who has them already has had them since the first time.
#[utoipa::path(
    post, path = "/classes/{class_id}/materials", operation_id = "hand_out_materials", tag = "教学班",
    params(("class_id" = String, Path, description = "教学班编号")),
    request_body = HandOutMaterials,
    responses(
        (status = 200, description = "已登记", body = ClassDetail),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不在该教学班或已结课", body = Problem),
        (status = 412, description = "内容已被修改,请重试", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn hand_out_materials(
    State(app): State<App>,
    caller: Caller,
    Path(class_id): Path<String>,
    sent: Sent<HandOutMaterials>,
) -> Outcome<Answer<ClassDetail>> {
    let (granted, before) = scope::class::<may::EditTeaching>(&app, &caller, &class_id).await?;
    let (students, id) = (sent.value.students, &before.value.id);
    let decide = || async {
        let found = app.store().class(id).await?.and_then(|found| found.within(&granted));
        let mut class = found.ok_or(AccessError::NotFound)?;
        let known = class.value.clone();
        hand_out(&mut class.value, &students, app.now().day())?;
        if class.value == known {
            return Ok(Decided::Known(class));
        }
        let mut commit = Commit::new(caller.actor(&granted), "teaching.hand_out_materials", app.now());
        commit.save_class(&class)?;
        class.ver = class.ver.saturating_add(1);
        Ok(Decided::Change(commit, class))
    };
    let class: Versioned<TeachingClass> = scope::settled(&app, (&id.school(), &id.term()), decide).await?;
    Ok(Answer::ok(ClassDetail::of(&app, &caller, &class.value).await?).at_version(class.ver))
}
