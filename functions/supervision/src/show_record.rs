//! A record as we would tell it now beside the city's own, field by field (逐字段对比). D5.1 K7.2.

use axum::extract::{Path, State};
use domain::Fault;
use domain::access::may;
use domain::supervision::holding::{Held, Standing};
use domain::supervision::map::Beside;
use domain::supervision::thing::Thing;
use domain::supervision::{Dataset, FieldMap, Rendered, SourceId};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A record on both sides.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecordBesideCity {
    /// The data set.
    #[schema(example = "student")]
    pub dataset: String,
    /// Its name.
    #[schema(example = "学生")]
    pub title: &'static str,
    /// The record.
    #[schema(example = "7K3M9Q2XAB")]
    pub source_id: String,
    /// `pending`, `acknowledged` or `parked`; none: it was never told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "acknowledged")]
    pub standing: Option<String>,
    /// The highest version it was ever told under.
    pub version: u64,
    /// The number of the city's last receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// When that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub acknowledged_at: Option<String>,
    /// Why it is parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked: Option<WhyParked>,
    /// Whether we have it.
    pub is_ours: bool,
    /// Why it cannot be told as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "学生记录不符合字段对照:“学籍号”未填写,请补充")]
    pub unfit: Option<String>,
    /// Whether the city has answered; if not, nothing is known of its side.
    pub is_city_known: bool,
    /// Whether the city has it.
    pub is_at_city: bool,
    /// Both sides, in the city's words; personal data is masked.
    pub fields: Vec<FieldBeside>,
    /// Fields the city has beyond those: they are not shown.
    pub unknown_fields: usize,
}

/// Why a record is parked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WhyParked {
    /// The city's code, or `field-map`.
    #[schema(example = "1004")]
    pub code: String,
    /// The reason.
    #[schema(example = "金额与订单不一致")]
    pub reason: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
}

/// A field on both sides.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldBeside {
    /// What people call it.
    #[schema(example = "家长 1 · 家长手机号")]
    pub label: String,
    /// The city's name of it.
    #[schema(example = "JTCY/0/SJHM")]
    pub field: String,
    /// Ours; none: we say nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "138****1234")]
    pub ours: Option<String>,
    /// The city's; none: it has nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "138****1234")]
    pub theirs: Option<String>,
    /// Whether both say the same, in full.
    pub same: bool,
}

impl From<Beside> for FieldBeside {
    fn from(beside: Beside) -> Self {
        let Beside { label, field, ours, theirs, same } = beside;
        Self { label, field, ours, theirs, same }
    }
}

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

fn beside(
    map: &FieldMap,
    (dataset, source_id): (Dataset, &SourceId),
    ours: &Ours,
    theirs: &Theirs,
) -> RecordBesideCity {
    let held = ours.held.as_ref();
    let acknowledged = held.and_then(|held| held.acknowledged.as_ref());
    let parked = held.and_then(|held| held.parked.as_ref());
    let our_record = ours.rendered.as_ref().map(Rendered::json);
    RecordBesideCity {
        dataset: dataset.to_string(),
        title: dataset.chinese(),
        source_id: source_id.to_string(),
        standing: held.map(Held::standing).map(|standing: Standing| standing.to_string()),
        version: held.map_or(0, |held| held.last),
        receipt: acknowledged.map(|has| has.receipt.clone()),
        acknowledged_at: acknowledged.map(|has| has.at.to_string()),
        parked: parked.map(|parked| WhyParked {
            code: parked.code.clone(),
            reason: parked.reason.clone(),
            since: parked.at.to_string(),
        }),
        is_ours: ours.rendered.is_some() || ours.unfit.is_some(),
        unfit: ours.unfit.clone(),
        is_city_known: !matches!(theirs, Theirs::Unknown),
        is_at_city: theirs.record().is_some(),
        fields: map.beside(dataset, our_record, theirs.record()).into_iter().map(FieldBeside::from).collect(),
        unknown_fields: theirs.record().map_or(0, |record| map.unknown_fields(dataset, record)),
    }
}
