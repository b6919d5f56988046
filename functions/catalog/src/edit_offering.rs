//! A school changes an offering: its seats, and whether guardians can take it. B2.1 S12.3.

use axum::extract::{Path, State};
use domain::access::may;
use domain::catalog::{Offering, OfferingState};
use domain::fault::Pointed;
use domain::id::OfferingId;
use domain::{Fault, Kind};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, StoreError};
use utoipa::ToSchema;

use crate::view::OfferingView;

/// Seats an offering may have.
const CAPACITY: std::ops::RangeInclusive<u16> = 1..=2000;

/// What changes. What is not named stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditOffering {
    /// Seats, 1 to 2000.
    pub capacity: Option<u16>,
    /// `draft`, `open` or `cancelled`.
    #[schema(value_type = Option<String>)]
    pub state: Option<OfferingState>,
    /// What guardians read about it.
    pub summary: Option<String>,
    /// The teacher's name.
    pub teacher: Option<String>,
    /// The room's name.
    pub room: Option<String>,
}

/// Why an offering cannot be set so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "catalog/")]
pub enum EditOfferingError {
    /// Outside its bounds.
    #[error("班额应为1至2000")]
    CapacityOutOfRange,
    /// Fewer seats than are taken.
    #[error("已有学生占用的名额多于新的班额,请先处理退课或调课")]
    CapacityBelowTaken,
}

impl Fault for EditOfferingError {
    fn kind(&self) -> Kind {
        match self {
            Self::CapacityOutOfRange => Kind::Invalid,
            Self::CapacityBelowTaken => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::CapacityOutOfRange => vec![Pointed { pointer: "/capacity".to_owned(), detail: self.to_string() }],
            Self::CapacityBelowTaken => Vec::new(),
        }
    }
}

/// 修改开课
#[utoipa::path(
    patch, path = "/offerings/{offering_id}", operation_id = "edit_offering", tag = "选课目录",
    params(
        ("offering_id" = String, Path, description = "开课编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = EditOffering,
    responses(
        (status = 200, description = "已保存", body = OfferingView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "名额不足以缩减,或机构不能使用", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_offering(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(offering_id): Path<String>,
    sent: Sent<EditOffering>,
) -> Outcome<Answer<OfferingView>> {
    let granted = caller.ask::<may::EditCatalog>(&app).await?;
    let id: OfferingId = parse("offering_id", &offering_id)?;
    let found = app.store().offering(&id).await?.filter(|_| granted.covers_school(&id.school()));
    let mut found = found.ok_or(AccessError::NotFound)?;
    version.check(found.ver)?;
    let edit = sent.value;
    if edit.state == Some(OfferingState::Open) && found.value.state != OfferingState::Open {
        check_provider(&app, &found.value).await?;
    }
    let offering = &mut found.value;
    if let Some(capacity) = edit.capacity {
        if !CAPACITY.contains(&capacity) {
            return Err(EditOfferingError::CapacityOutOfRange.into());
        }
        // Seats first: they are what guardians race for, and the ledger refuses to lose one that is taken.
        if !app.store().set_capacity(&id, capacity).await? {
            return Err(EditOfferingError::CapacityBelowTaken.into());
        }
        offering.capacity = capacity;
    }
    offering.state = edit.state.unwrap_or(offering.state);
    for (field, text) in
        [(&mut offering.summary, edit.summary), (&mut offering.teacher, edit.teacher), (&mut offering.room, edit.room)]
    {
        *field = text.unwrap_or_else(|| std::mem::take(field));
    }
    let mut commit = Commit::new(caller.actor(&granted), "catalog.edit_offering", app.now());
    commit.save_offering(&found)?;
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => {
            // Somebody else changed it after we had changed the seats: theirs is what holds.
            if let Some(theirs) = app.store().offering(&id).await? {
                app.store().set_capacity(&id, theirs.value.capacity).await?;
            }
            return Err(RequestError::IfMatchOutdated.into());
        }
        done => done?,
    }
    app.store().forget_catalog(&id.school(), &id.term());
    let catalog = app.store().catalog(&id.school(), &id.term()).await?.ok_or(AccessError::NotFound)?;
    let left = app.store().seats_left(&catalog).await?.get(&id).copied().unwrap_or_default();
    Ok(Answer::ok(OfferingView::of(&catalog, &found.value, left)).at_version(found.ver.saturating_add(1)))
}

/// Whether the provider of an offering may be used today: one that may not opens nothing more.
async fn check_provider(app: &App, offering: &Offering) -> Result<(), Problem> {
    let Some(id) = &offering.provider else { return Ok(()) };
    match app.store().organization(id).await? {
        Some(provider) => Ok(provider.value.value.usable_on(app.now().day())?),
        None => Ok(()),
    }
}
