//! A school sets its windows and what it decides about enrolling. S12.1 S12.3.

use axum::extract::{Path, State};
use domain::Moment;
use domain::access::may;
use domain::catalog::{Mode, Term};
use domain::fault::Pointed;
use domain::id::{SchoolCode, TermCode};
use domain::instalment::{ModeError, PaymentMode};
use domain::reminder::MOST_HOURS;
use domain::time::Span;
use domain::{Fault, Kind};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::view::{PaymentModeView, SpanView, TermView};

/// What changes. What is not named stays; a window named as `null` never opens.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditTerm {
    /// Enrolling before the term.
    #[serde(default, with = "crate::named")]
    #[schema(value_type = Option<SpanView>)]
    pub opening: Option<Option<SpanView>>,
    /// Enrolling into seats left over.
    #[serde(default, with = "crate::named")]
    #[schema(value_type = Option<SpanView>)]
    pub supplement: Option<Option<SpanView>>,
    /// Enrolling in the course of the term.
    #[serde(default, with = "crate::named")]
    #[schema(value_type = Option<SpanView>)]
    pub midterm: Option<Option<SpanView>>,
    /// Withdrawing.
    #[serde(default, with = "crate::named")]
    #[schema(value_type = Option<SpanView>)]
    pub withdraw: Option<Option<SpanView>>,
    /// `immediate` or `pre_enroll`.
    #[schema(value_type = Option<String>)]
    pub mode: Option<Mode>,
    /// Offerings a pupil may hold at most, 1 to 20.
    pub limit: Option<u8>,
    /// Minutes a seat is held for payment, 5 to 1440.
    pub hold_minutes: Option<u16>,
    /// How courses are paid: at once, in parts, or by the lessons of each month. Not after the first could be taken.
    pub payment: Option<PaymentModeView>,
    /// Hours before the deadline at which a family is reminded of a later order, 1 to 168; `null`: it is not.
    #[serde(default, with = "crate::named")]
    #[schema(value_type = Option<u16>)]
    pub remind_hours: Option<Option<u16>>,
}

/// Why a term cannot be set so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "catalog/")]
pub enum EditTermError {
    /// A moment does not read, or the end is not after the start.
    #[error("时间段不正确:应为 RFC 3339 格式,且结束晚于开始")]
    SpanUnusable {
        /// Which window.
        window: &'static str,
    },
    /// Outside its bounds.
    #[error("每名学生的选课上限应为1至20门")]
    LimitOutOfRange,
    /// Outside its bounds.
    #[error("名额保留时间应为5至1440分钟")]
    HoldOutOfRange,
    /// Outside its bounds.
    #[error("缴费提醒应提前1至{MOST_HOURS}小时,请重新填写")]
    RemindOutOfRange,
    /// Enrolling has begun: what was taken was taken under the mode of then.
    #[error("本学期选课已经开始,不能再修改缴费方式")]
    PaymentFixed,
    /// A mode that cannot be.
    #[error(transparent)]
    Payment(#[from] ModeError),
}

impl Fault for EditTermError {
    fn kind(&self) -> Kind {
        match self {
            Self::PaymentFixed => Kind::Refused,
            Self::Payment(error) => error.kind(),
            Self::SpanUnusable { .. } | Self::LimitOutOfRange | Self::HoldOutOfRange | Self::RemindOutOfRange => {
                Kind::Invalid
            }
        }
    }

    fn slug(&self) -> &'static str {
        if let Self::Payment(error) = self { error.slug() } else { self.into() }
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::SpanUnusable { window } => window,
            Self::LimitOutOfRange => "limit",
            Self::HoldOutOfRange => "hold_minutes",
            Self::RemindOutOfRange => "remind_hours",
            Self::PaymentFixed => return Vec::new(),
            Self::Payment(error) => return error.pointed(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

/// 设置学期选课时间与规则
#[utoipa::path(
    patch, path = "/terms/{term_id}", operation_id = "edit_term", tag = "选课目录",
    params(
        ("term_id" = String, Path, description = "学校与学期,如 3144200101.2026-2027-1"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = EditTerm,
    responses(
        (status = 200, description = "已保存", body = TermView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "选课已开始,不能修改缴费方式", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_term(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(term_id): Path<String>,
    sent: Sent<EditTerm>,
) -> Outcome<Answer<TermView>> {
    let granted = caller.ask::<may::EditCatalog>(&app).await?;
    let (school, term) = term_id.split_once('.').ok_or(RequestError::ParameterUnusable { name: "term_id" })?;
    let (school, term): (SchoolCode, TermCode) = (parse("term_id", school)?, parse("term_id", term)?);
    let found = app.store().term(&school, &term).await?.filter(|_| granted.covers_school(&school));
    let mut found = found.ok_or(AccessError::NotFound)?;
    version.check(found.ver)?;
    apply(&mut found.value, sent.value, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "catalog.edit_term", app.now());
    commit.save_term(&found)?;
    app.write_edit(commit).await?;
    app.store().forget_catalog(&school, &term);
    let ver = found.ver.saturating_add(1);
    Ok(Answer::ok(TermView::of(&found.value, ver)).at_version(ver))
}

fn apply(term: &mut Term, edit: EditTerm, now: Moment) -> Result<(), EditTermError> {
    if let Some(payment) = edit.payment.map(PaymentMode::from).filter(|payment| *payment != term.payment) {
        // By the windows as they were until now: nobody may have taken anything yet.
        if term.windows.has_opened(now) {
            return Err(EditTermError::PaymentFixed);
        }
        payment.check()?;
        term.payment = payment;
    }
    let windows = &mut term.windows;
    set("opening", &mut windows.opening, edit.opening)?;
    set("supplement", &mut windows.supplement, edit.supplement)?;
    set("midterm", &mut windows.midterm, edit.midterm)?;
    set("withdraw", &mut windows.withdraw, edit.withdraw)?;
    if let Some(mode) = edit.mode {
        term.mode = mode;
    }
    if let Some(limit) = edit.limit {
        term.limit = Some(limit).filter(|limit| (1..=20).contains(limit)).ok_or(EditTermError::LimitOutOfRange)?;
    }
    if let Some(minutes) = edit.hold_minutes {
        let bounded = Some(minutes).filter(|minutes| (5..=1440).contains(minutes));
        term.hold_minutes = bounded.ok_or(EditTermError::HoldOutOfRange)?;
    }
    if let Some(hours) = edit.remind_hours {
        if hours.is_some_and(|hours| !(1..=MOST_HOURS).contains(&hours)) {
            return Err(EditTermError::RemindOutOfRange);
        }
        term.remind_hours = hours;
    }
    Ok(())
}

#[expect(clippy::option_option, reason = "named or not, and then a window or none")]
fn set(name: &'static str, window: &mut Option<Span>, edit: Option<Option<SpanView>>) -> Result<(), EditTermError> {
    match edit {
        None => {}
        Some(None) => *window = None,
        Some(Some(span)) => {
            let (from, until) = (Moment::parse(&span.from), Moment::parse(&span.until));
            let span = from.zip(until).map(|(from, until)| Span { from, until });
            *window =
                Some(span.filter(|span| span.from < span.until).ok_or(EditTermError::SpanUnusable { window: name })?);
        }
    }
    Ok(())
}
