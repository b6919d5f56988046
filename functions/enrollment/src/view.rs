//! Orders as guardians and schools read them.

use domain::record::{Order, TermRecord};
use edge::view::{LineView, ReminderView};
use serde::Serialize;
use utoipa::ToSchema;

/// An order as it was submitted: the same for the same request, whenever it is asked again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubmittedOrder {
    /// Its number.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// The child.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// The term.
    #[schema(example = "2026-2027-1")]
    pub term: String,
    /// When it was submitted.
    #[schema(format = DateTime)]
    pub placed_at: String,
    /// Until when it can be paid; then its seats are released.
    #[schema(format = DateTime)]
    pub deadline: String,
    /// What it costs in all, in fen.
    #[schema(example = 40000)]
    pub total_fen: i64,
    /// What was taken.
    pub lines: Vec<LineView>,
    /// SHA-256 of its snapshot, base 64 for URLs.
    pub snapshot_sha256: String,
}

/// An order with its present state.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EnrollmentView {
    /// The order as submitted.
    #[serde(flatten)]
    pub order: SubmittedOrder,
    /// `pending`, `closing`, `paid`, `expired` or `cancelled`.
    #[schema(example = "pending")]
    pub state: String,
    /// When it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub paid_at: Option<String>,
    /// The order whose courses it asks for the next part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<String>,
    /// The order that was put in its place, together with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// The school asks the family to pay, the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reminder: Option<ReminderView>,
}

impl SubmittedOrder {
    /// The order of a record, as it was submitted.
    pub fn of(record: &TermRecord, order: &Order) -> Self {
        Self {
            order_no: order.no.to_string(),
            student_id: record.student.to_string(),
            term: record.term.to_string(),
            placed_at: order.placed_at.to_string(),
            deadline: order.submitted_deadline().to_string(),
            total_fen: order.total.fen(),
            lines: LineView::all(record, order),
            snapshot_sha256: order.snapshot.clone(),
        }
    }
}

impl EnrollmentView {
    /// The order of a record, as it stands.
    pub fn of(record: &TermRecord, order: &Order) -> Self {
        // As submitted, but for the deadline, which may have been put off.
        let submitted = SubmittedOrder { deadline: order.deadline.to_string(), ..SubmittedOrder::of(record, order) };
        Self {
            order: submitted,
            state: order.state.to_string(),
            paid_at: order.paid.as_ref().map(|(_, at)| at.to_string()),
            continues: order.continues.as_ref().map(ToString::to_string),
            merged_into: order.merged_into.as_ref().map(ToString::to_string),
            reminder: order.reminder.as_ref().map(ReminderView::of),
        }
    }
}
