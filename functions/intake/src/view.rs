//! How a record of the city is shown: what it is, where it stands, and both sides of what differs.

use domain::supervision::intake::{Difference, Entry, IntakeState};
use serde::Serialize;
use utoipa::ToSchema;

/// A field that the city has otherwise.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ToldDifferenceView {
    /// The field.
    #[schema(example = "课时单价(元)")]
    pub field: String,
    /// What was here; none: nothing.
    #[schema(example = "25.00")]
    pub here: Option<String>,
    /// What the city tells; none: nothing.
    #[schema(example = "26.00")]
    pub told: Option<String>,
}

impl From<&Difference> for ToldDifferenceView {
    fn from(difference: &Difference) -> Self {
        let Difference { field, here, told } = difference;
        Self { field: field.clone(), here: here.clone(), told: told.clone() }
    }
}

/// A record of the city.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IntakeView {
    /// `school`, `provider`, `specification`, `in_house_course` or `external_course`.
    #[schema(example = "specification")]
    pub dataset: String,
    /// Its name.
    #[schema(example = "科目规格及定价")]
    pub dataset_title: &'static str,
    /// What the city calls the record.
    #[schema(example = "SF-A")]
    pub source_id: String,
    /// What people call it.
    #[schema(example = "书法")]
    pub title: String,
    /// The school of a course.
    #[schema(example = "3144200101")]
    pub school: Option<String>,
    /// The term under which it is kept.
    #[schema(example = "2026-2027-1")]
    pub term: String,
    /// The city's version of it.
    #[schema(example = 2)]
    pub version: u64,
    /// When the city changed it.
    #[schema(format = DateTime)]
    pub changed_at: String,
    /// When it was received.
    #[schema(format = DateTime)]
    pub received_at: String,
    /// Whether the city has done away with it.
    pub gone: bool,
    /// `known`, `applied`, `waiting` or `declined`.
    #[schema(example = "waiting")]
    pub standing: String,
    /// Its name.
    #[schema(example = "待确认")]
    pub standing_title: &'static str,
    /// In what it differed from what was here.
    pub differences: Vec<ToldDifferenceView>,
    /// What somebody has to think about first.
    #[schema(example = json!(["1 门课程正在报名,价格变更须确认后生效,已提交的订单按原价执行"]))]
    pub concerns: Vec<String>,
    /// Who decided it; none: nobody has, or nobody had to.
    pub decided_by: Option<String>,
    /// When it took effect or was declined.
    #[schema(format = DateTime)]
    pub decided_at: Option<String>,
    /// Why it was declined.
    pub reason: Option<String>,
    /// Whether offerings have still to follow its price.
    pub follows: bool,
}

impl From<&Entry> for IntakeView {
    fn from(entry: &Entry) -> Self {
        let (concerns, decided_by, decided_at, reason) = decided(&entry.state);
        let standing = entry.standing();
        Self {
            dataset: entry.inbound.to_string(),
            dataset_title: entry.inbound.chinese(),
            source_id: entry.source_id.to_string(),
            title: entry.title.clone(),
            school: entry.place.school.as_ref().map(ToString::to_string),
            term: entry.place.term.to_string(),
            version: entry.version,
            changed_at: entry.changed_at.to_string(),
            received_at: entry.received_at.to_string(),
            gone: entry.gone,
            standing: standing.to_string(),
            standing_title: standing.chinese(),
            differences: entry.differences.iter().map(ToldDifferenceView::from).collect(),
            concerns,
            decided_by,
            decided_at,
            reason,
            follows: entry.follow.is_some(),
        }
    }
}

type Decided = (Vec<String>, Option<String>, Option<String>, Option<String>);

/// What there is to think about; who decided, when and why.
fn decided(state: &IntakeState) -> Decided {
    match state {
        IntakeState::Known => (Vec::new(), None, None, None),
        IntakeState::Applied { at, by } => {
            (Vec::new(), by.as_ref().map(ToString::to_string), Some(at.to_string()), None)
        }
        IntakeState::Waiting { concerns } => (concerns.iter().map(ToString::to_string).collect(), None, None, None),
        IntakeState::Declined { by, at, reason } => {
            (Vec::new(), Some(by.to_string()), Some(at.to_string()), Some(reason.clone()))
        }
    }
}
