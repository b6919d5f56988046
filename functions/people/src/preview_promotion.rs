//! What promotion to a school year would do, before it is done. S3.1 S3.3.

use axum::extract::{Path, State};
use domain::access::may;
use domain::directory::Homeroom;
use domain::promotion::{Step, stepped};
use edge::app::Outcome;
use edge::http::{Answer, Query};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::promotion::{Counted, Planned, Turn};

/// Which school year.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichYear {
    /// The school year that begins.
    #[param(example = "2027-2028")]
    pub school_year: String,
}

/// A homeroom and what becomes of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlannedView {
    /// The homeroom.
    #[schema(example = "2144200601.2024.02")]
    pub homeroom_id: String,
    /// Its name now.
    #[schema(example = "三年级(2)班")]
    pub name: String,
    /// Its grade now.
    #[schema(example = 3)]
    pub grade: u8,
    /// `stays`, `rises`, `graduates` or `out_of_step`: the last is left for somebody to look at.
    #[schema(example = "rises")]
    pub step: String,
    /// Its name then.
    #[schema(example = "四年级(2)班")]
    pub name_then: String,
    /// Its grade then.
    #[schema(example = 4)]
    pub grade_then: u8,
    /// Its pupils.
    #[schema(example = 42)]
    pub pupils: usize,
    /// Those of them who rise or leave.
    #[schema(example = 42)]
    pub pupils_to_change: usize,
    /// Those of them who are further behind and left for somebody to look at.
    pub pupils_out_of_step: usize,
}

impl PlannedView {
    fn of(turn: &Turn, planned: &Planned, counted: Counted) -> Self {
        let now: &Homeroom = &planned.homeroom.value.value;
        let then = stepped(now, planned.step, turn.year);
        Self {
            homeroom_id: now.id.to_string(),
            name: now.name.clone(),
            grade: now.grade,
            step: planned.step.to_string(),
            name_then: then.name,
            grade_then: then.grade,
            pupils: counted.all,
            pupils_to_change: if planned.step == Step::OutOfStep { 0 } else { counted.behind },
            pupils_out_of_step: counted.out_of_step,
        }
    }
}

/// What promotion would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PromotionPlan {
    /// The school year.
    #[schema(example = "2027-2028")]
    pub school_year: String,
    /// By grade and identifier.
    pub items: Vec<PlannedView>,
}

/// 预览学年升级
#[utoipa::path(
    get, path = "/schools/{school}/promotion", operation_id = "preview_promotion", tag = "行政班与学生",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "升级后的情况", body = PromotionPlan),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "未到办理时间", body = Problem),
    ),
)]
pub async fn preview_promotion(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
    Query(which): Query<WhichYear>,
) -> Outcome<Answer<PromotionPlan>> {
    let granted = caller.ask::<may::ViewPeople>(&app).await?;
    let turn = Turn::of(&app, &granted, &school, &which.school_year).await?;
    let mut items = Vec::new();
    for planned in turn.plan(&app).await? {
        let counted = turn.count(&app, &granted, &planned.homeroom.value.value).await?;
        items.push(PlannedView::of(&turn, &planned, counted));
    }
    Ok(Answer::ok(PromotionPlan { school_year: turn.year.to_string(), items }))
}
