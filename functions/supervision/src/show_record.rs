//! A record as we would tell it now beside the city's own, field by field (逐字段对比). D5.1 K7.2.

mod view;

use axum::extract::{Path, State};
use domain::Fault;
use domain::access::may;
use domain::supervision::holding::Held;
use domain::supervision::thing::Thing;
use domain::supervision::{Dataset, FieldMap, Rendered, SourceId};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde_json::Value;

pub use self::view::RecordBesideCity;
use self::view::beside;

/// 上报记录逐字段对比
#[utoipa::path(
    get, path = "/schools/{school}/supervision/records/{dataset}/{source_id}", operation_id = "show_record_beside_city",
    tag = "数据上报",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("dataset" = String, Path, description = "数据集"),
        ("source_id" = String, Path, description = "业务编号"),
    ),
    responses(
        (status = 200, description = "本平台与监管系统的记录", body = RecordBesideCity),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_record(
    State(app): State<App>,
    caller: Caller,
    Path((school, dataset, source_id)): Path<(String, String, String)>,
) -> Outcome<Answer<RecordBesideCity>> {
    let (_granted, school) = reach_school::<may::ViewReports>(&app, &caller, &school).await?;
    let (dataset, source_id): (Dataset, SourceId) = (parse("dataset", &dataset)?, parse("source_id", &source_id)?);
    let map = FieldMap::current();
    let ours = match Thing::of(dataset, &source_id) {
        Some(thing) => Ours::read(&app, map, &thing, (dataset, &source_id)).await?,
        None => Ours::default(),
    };
    // What is another school's is not asked for; what is the city's alone has to say that it is of this one.
    let named = ours.school.as_deref().is_none_or(|named| named == school.as_str());
    let theirs = if named { city(&app, dataset, &source_id).await? } else { Theirs::Unknown };
    let theirs_named = theirs.record().and_then(|record| map.school_of(record));
    if ours.school.as_deref().or(theirs_named) != Some(school.as_str()) {
        return Err(AccessError::NotFound.into());
    }
    // A record that the city has moved to another school is not shown by this one.
    let theirs = if theirs_named.is_none_or(|named| named == school.as_str()) { theirs } else { Theirs::None };
    Ok(Answer::ok(beside(map, (dataset, &source_id), &ours, &theirs)))
}

/// Our side of a record.
#[derive(Default)]
struct Ours {
    school: Option<String>,
    rendered: Option<Rendered>,
    unfit: Option<String>,
    held: Option<Held>,
}

impl Ours {
    async fn read(
        app: &App,
        map: &FieldMap,
        thing: &Thing,
        (dataset, source_id): (Dataset, &SourceId),
    ) -> Outcome<Self> {
        let built = Box::pin(report::build(app.store(), thing, app.now())).await?;
        let holding = app.store().holding(thing).await?.value;
        let held = holding.held(dataset, source_id).cloned();
        let is_it = |record: &domain::supervision::Record| record.dataset == dataset && record.source_id == *source_id;
        let Some(mut record) = built.records.into_iter().find(is_it) else {
            let school = held.as_ref().map(|held| held.place.school.to_string());
            return Ok(Self { school, held, ..Self::default() });
        };
        record.version = held.as_ref().map_or(0, |held| held.last);
        let school = Some(record.school.to_string());
        match map.render(&record) {
            Ok(rendered) => Ok(Self { school, rendered: Some(rendered), unfit: None, held }),
            Err(misfit) => Ok(Self { school, rendered: None, unfit: Some(misfit.to_string()), held }),
        }
    }
}

/// The city's side of it.
enum Theirs {
    Unknown,
    None,
    Record(Value),
}

impl Theirs {
    const fn record(&self) -> Option<&Value> {
        match self {
            Self::Record(record) => Some(record),
            Self::Unknown | Self::None => None,
        }
    }
}

async fn city(app: &App, dataset: Dataset, source_id: &SourceId) -> Outcome<Theirs> {
    match app.supervision().await?.show(dataset, source_id).await {
        Ok(record) => Ok(record.map_or(Theirs::None, Theirs::Record)),
        // Our side is worth seeing without the city's.
        Err(error) => {
            tracing::warn!(slug = error.slug(), error = %error, "supervision system does not show a record");
            Ok(Theirs::Unknown)
        }
    }
}
