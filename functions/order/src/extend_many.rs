//! Putting off the deadlines of many orders: those that are named, or those of a course, a homeroom, a grade. S33.4.

use axum::extract::{Path, State};
use domain::Fault;
use domain::access::{Granted, may};
use domain::directory::Grade;
use domain::extension::Wanted;
use domain::id::{OrderNo, SchoolCode, TermCode};
use domain::record::OrderState;
use domain::register::Filter;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::register::{RowCursor, Stretch};
use utoipa::ToSchema;

use crate::extend::{PutOffError, put_off, wanted};

/// Orders one request puts off at most, or rows it looks through.
const MOST: usize = 100;

/// How often an order is decided anew because its record was changed meanwhile.
const DECISIONS: usize = 3;

/// A new deadline for many orders.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendOrders {
    /// The new deadline, RFC 3339: later than the present ones, at most 30 days from now.
    #[schema(example = "2026-09-03T18:00:00+08:00")]
    pub until: String,
    /// Why.
    #[schema(example = "支付通道升级")]
    pub reason: String,
    /// These orders, at most 100; without them those that wait in a term, as far as the register knows.
    #[serde(default)]
    pub orders: Vec<String>,
    /// The term.
    #[schema(example = "2026-2027-1")]
    pub term: Option<String>,
    /// Only with this course.
    pub course: Option<String>,
    /// Only of this homeroom.
    pub homeroom: Option<String>,
    /// Only of this grade.
    pub grade: Option<Grade>,
    /// Where the answer before ended.
    pub cursor: Option<String>,
}

/// An order that was not put off.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NotExtended {
    /// Its number.
    pub order_no: String,
    /// The problem.
    #[schema(example = "extension/not-waiting")]
    pub problem: String,
    /// Why, for people.
    pub detail: String,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExtendedOrders {
    /// Those that have the new deadline.
    pub extended: Vec<String>,
    /// Those that have not.
    pub refused: Vec<NotExtended>,
    /// To go on with; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 批量缴费延期
///
/// Each order stands alone. Orders of the last minutes are found by their numbers only.
#[utoipa::path(
    post, path = "/schools/{school}/orders/extensions", operation_id = "extend_orders", tag = "订单",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = ExtendOrders,
    responses(
        (status = 200, description = "延期结果", body = ExtendedOrders),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn extend_orders(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(_key): IdempotencyKey,
    Path(school): Path<String>,
    sent: Sent<ExtendOrders>,
) -> Outcome<Answer<ExtendedOrders>> {
    let granted = caller.ask::<may::ManageOrders>(&app).await?;
    let school: SchoolCode = parse("school", &school)?;
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let asked = sent.value;
    let wanted = wanted(&app, &asked.until, asked.reason.clone())?;
    let (orders, next) = named_or_waiting(&app, &granted, &school, &asked).await?;
    let (mut extended, mut refused) = (Vec::new(), Vec::new());
    for no in orders {
        match extend_one(&app, &caller, (&granted, &school), &no, &wanted).await? {
            None => extended.push(no.to_string()),
            Some((problem, detail)) => refused.push(NotExtended { order_no: no.to_string(), problem, detail }),
        }
    }
    Ok(Answer::ok(ExtendedOrders { extended, refused, cursor: next.map(|next| next.to_string()) }))
}

/// The orders that are named, or some of those that wait and behind which row the next are.
async fn named_or_waiting(
    app: &App,
    granted: &Granted<may::ManageOrders>,
    school: &SchoolCode,
    asked: &ExtendOrders,
) -> Result<(Vec<OrderNo>, Option<RowCursor>), Problem> {
    let field = |pointer: &str, reason: &str| RequestError::FieldUnusable {
        pointer: pointer.to_owned(),
        reason: reason.to_owned(),
    };
    if !asked.orders.is_empty() {
        if asked.orders.len() > MOST {
            return Err(field("/orders", "一次最多 100 个订单").into());
        }
        let read = |text: &String| text.parse().map_err(|_unreadable| field("/orders", "订单号不正确"));
        return Ok((asked.orders.iter().map(read).collect::<Result<_, _>>()?, None));
    }
    let term = asked.term.as_deref().ok_or_else(|| field("/term", "请填写学期,或列出订单号"))?;
    let term: TermCode = term.parse().map_err(|_unreadable| field("/term", "学期不正确"))?;
    let filter = Filter {
        state: Some(OrderState::Pending),
        course: read("/course", asked.course.as_deref())?,
        homeroom: read("/homeroom", asked.homeroom.as_deref())?,
        grade: asked.grade,
        ..Filter::default()
    };
    let after: Option<RowCursor> = read("/cursor", asked.cursor.as_deref())?;
    let stretch = Stretch { school, term: &term, placed: None };
    let page = app.store().rows(stretch, after.as_ref(), i32::try_from(MOST).unwrap_or(i32::MAX)).await?;
    let within = page.rows.into_iter().filter_map(|row| row.within(granted)).map(|row| row.value);
    Ok((within.filter(|row| filter.takes(row)).map(|row| row.no).collect(), page.next))
}

fn read<T: std::str::FromStr>(pointer: &str, text: Option<&str>) -> Result<Option<T>, RequestError> {
    let unusable = || RequestError::FieldUnusable { pointer: pointer.to_owned(), reason: "取值不正确".to_owned() };
    text.map(|text| text.parse().map_err(|_unreadable| unusable())).transpose()
}

/// None when the order has the new deadline; else the problem.
async fn extend_one(
    app: &App,
    caller: &Caller,
    (granted, school): (&Granted<may::ManageOrders>, &SchoolCode),
    no: &OrderNo,
    wanted: &Wanted,
) -> Result<Option<(String, String)>, StoreError> {
    let told = |fault: &dyn Fault| Some((fault.slug().to_owned(), fault.to_string()));
    for _ in 0..DECISIONS {
        let found = app.store().record(&no.student(), &no.term()).await?.and_then(|found| found.within(granted));
        let found = found.filter(|found| found.value.school == *school && found.value.order(no).is_some());
        let Some(mut record) = found else { return Ok(told(&AccessError::NotFound)) };
        match put_off(app, caller.actor(granted), &mut record, no, wanted).await {
            Ok(_) => return Ok(None),
            Err(PutOffError::Extend(error)) => return Ok(told(&error)),
            Err(PutOffError::Store(StoreError::Stale)) => {}
            Err(PutOffError::Store(error)) => return Err(error),
        }
    }
    Ok(told(&StoreError::Stale))
}
