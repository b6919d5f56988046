//! How a record is shown beside the city's own. D5.1 K7.2.

use domain::supervision::holding::{Held, Standing};
use domain::supervision::map::Beside;
use domain::supervision::{Dataset, FieldMap, Rendered, SourceId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Ours, Theirs};

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

/// Both sides of a record.
pub(super) fn beside(
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
