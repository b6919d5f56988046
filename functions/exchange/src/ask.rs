//! A guardian asks for another course or class, or the school does for a pupil. S27.1 S28.1 P11.1 P12.1.

use axum::extract::State;
use cashier::Cashier;
use domain::access::may;
use domain::id::{ClassId, StudentId, TeachingRequestId, TermCode};
use domain::moves::{Asked, MoveKind, Wanted};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Deserialize;
use store::Versioned;
use utoipa::ToSchema;

use crate::scope;
use crate::view::MoveView;

/// What is asked.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskMove {
    /// The pupil.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// The term.
    #[schema(example = "2026-2027-1")]
    pub term: String,
    /// `exchange` 调课 or `transfer` 调班.
    #[schema(value_type = String, example = "exchange")]
    pub kind: MoveKind,
    /// Of an exchange: the course that is given up.
    #[schema(example = "K012")]
    pub from_course: Option<String>,
    /// Of an exchange: what is taken instead.
    #[schema(example = "3144200101.2026-2027-1.K013")]
    pub offering_id: Option<String>,
    /// The class: of a transfer always, of an exchange if one is wished.
    #[schema(example = "3144200101.2026-2027-1.K013.01")]
    pub class_id: Option<String>,
    /// Of an exchange: whether the optional materials are wanted.
    #[serde(default)]
    pub materials: bool,
    /// Of an exchange: whether the optional sundries are wanted.
    #[serde(default)]
    pub sundry: bool,
    /// From which day on; today without it.
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
    /// Why: 2 to 200 characters.
    #[schema(example = "与校队训练时间冲突")]
    pub reason: String,
}

/// 申请调课或调班
///
/// When nobody has to approve, it is granted at once: in effect when nothing is to be paid, else as soon as the order is
/// paid that holds the new seat. Until then the pupil stays where it was.
#[utoipa::path(
    post, path = "/moves", operation_id = "ask_move", tag = "调课调班",
    params(("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值")),
    request_body = AskMove,
    responses(
        (status = 201, description = "已受理;无需审核的立即办理", body = MoveView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不符合调课调班规则,或名额已满", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn ask_move(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskMove>,
) -> Outcome<Answer<MoveView>> {
    let Sent { value: wish, hash } = sent;
    let student: StudentId = parse("student_id", &wish.student_id)?;
    let term: TermCode = parse("term", &wish.term)?;
    let wanted = read(&wish)?;
    let (granted, school) = scope::pupil::<may::AskMove>(&app, &caller, &student).await?;
    if of_another(&wanted, &school, &term) {
        return Err(AccessError::NotFound.into());
    }
    let asked = Asked {
        id: TeachingRequestId::named(&school, &term, &caller.request_name(&key)),
        request: hash,
        student,
        on: wish.on.unwrap_or_else(|| app.now().day()),
        reason: wish.reason,
        by: caller.id.clone(),
        party: scope::party(&granted),
        wanted,
    };
    let approval = scope::approval(&app, &school, asked.wanted.kind()).await?;
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&granted));
    let request: Versioned<_> = cashier.ask_move(&asked, approval).await?;
    if request.value.handling.request != asked.request {
        return Err(RequestError::IdempotencyKeyReused.into());
    }
    if let Some(exchange) = request.value.exchange() {
        scope::wake(&app, &exchange.refunds).await?;
    }
    Ok(Answer::created(MoveView::from(&request.value)).at_version(request.ver))
}

/// Whether it is about another school's or term's than the pupil's.
fn of_another(wanted: &Wanted, school: &domain::id::SchoolCode, term: &TermCode) -> bool {
    match wanted {
        Wanted::Exchange { to, .. } => to.school() != *school || to.term() != *term,
        Wanted::Transfer { to } => to.school() != *school || to.term() != *term,
    }
}

/// What is wished, out of what was sent.
fn read(wish: &AskMove) -> Result<Wanted, RequestError> {
    fn given<'w>(name: &str, field: Option<&'w String>) -> Result<&'w str, RequestError> {
        let reason = format!("缺少字段 {name}");
        field.map(String::as_str).ok_or(RequestError::FieldUnusable { pointer: format!("/{name}"), reason })
    }
    let class: Option<ClassId> = wish.class_id.as_deref().map(|id| parse("class_id", id)).transpose()?;
    Ok(match wish.kind {
        MoveKind::Exchange => Wanted::Exchange {
            from: parse("from_course", given("from_course", wish.from_course.as_ref())?)?,
            to: parse("offering_id", given("offering_id", wish.offering_id.as_ref())?)?,
            class,
            materials: wish.materials,
            sundry: wish.sundry,
        },
        MoveKind::Transfer => {
            given("class_id", wish.class_id.as_ref())?;
            Wanted::Transfer { to: class.ok_or(RequestError::ParameterUnusable { name: "class_id" })? }
        }
    })
}
