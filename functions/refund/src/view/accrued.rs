//! What has accrued of a course (应退累计), lesson by lesson.

use domain::id::OrderNo;
use domain::record::Line;
use domain::refund::accrued::{Accrued, Missed};
use domain::refund::rules::AccruedPayout;
use serde::Serialize;
use utoipa::ToSchema;

/// A lesson that was missed, and goes back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MissedLessonView {
    /// The day.
    #[schema(format = Date, example = "2026-09-14")]
    pub date: String,
    /// `on_leave`, `absent` or `not_given`.
    #[schema(example = "on_leave")]
    pub state: String,
    /// What goes back for it, or went back, in fen.
    #[schema(example = 2500)]
    pub amount_fen: i64,
    /// Whether it went back before.
    pub paid_out: bool,
}

/// What has accrued of a course of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccruedView {
    /// The order.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// The pupil.
    pub student_id: String,
    /// The course.
    #[schema(example = "K012")]
    pub course: String,
    /// Its title, as it was sold.
    pub title: String,
    /// What is to be paid out, in fen.
    #[schema(example = 5000)]
    pub total_fen: i64,
    /// The lessons it is made of, and those that went back before, by day.
    pub lessons: Vec<MissedLessonView>,
    /// How many more lessons went back than were missed, as it is known now: those missed next are among them.
    pub lessons_ahead: u16,
    /// The rules it goes by, in their words.
    #[schema(example = "按未上课时退还,无故缺勤不退")]
    pub rule: String,
    /// When it is paid out by itself: `monthly`, `at_end` of the course, `above` an amount; or `asked`: with the
    /// withdrawal, or when somebody asks.
    #[schema(example = "monthly")]
    pub pays: String,
    /// From which amount on, in fen; for `above`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_fen: Option<i64>,
    /// `original`: by the way it was paid; `next_term`: against what is due next term.
    #[schema(example = "original")]
    pub payout: String,
    /// Whether the school has to approve it.
    pub approval: bool,
}

impl AccruedView {
    /// What has accrued of a line of an order.
    pub fn of((no, line): (&OrderNo, &Line), accrued: &Accrued, pays: AccruedPayout) -> Self {
        let above_fen = match pays {
            AccruedPayout::Above(least) => Some(least.fen()),
            AccruedPayout::Asked | AccruedPayout::Monthly | AccruedPayout::AtEnd => None,
        };
        Self {
            order_no: no.to_string(),
            student_id: no.student().to_string(),
            course: line.course.to_string(),
            title: line.title.clone(),
            total_fen: accrued.total.fen(),
            lessons: accrued.lessons.iter().map(MissedLessonView::from).collect(),
            lessons_ahead: accrued.ahead,
            rule: accrued.rule.clone(),
            pays: pays.to_string(),
            above_fen,
            payout: accrued.payout.to_string(),
            approval: accrued.approval,
        }
    }
}

impl From<&Missed> for MissedLessonView {
    fn from(missed: &Missed) -> Self {
        Self {
            date: missed.date.to_string(),
            state: missed.state.to_string(),
            amount_fen: missed.amount.fen(),
            paid_out: missed.paid_out,
        }
    }
}
