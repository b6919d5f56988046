//! Access reviews as reviewers read them. K5.2.

use domain::access::review::{AccessReview, Line};
use domain::user::User;
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::PermissionView;

/// An account in a review.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReviewLineView {
    /// The person's identifier.
    #[schema(example = "7K3M9Q2XAB")]
    pub person_id: String,
    /// The name, masked; none when the account is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "王**")]
    pub name: Option<String>,
    /// The roles held.
    #[schema(example = json!(["school_admin@school:2144200601"]))]
    pub grants: Vec<String>,
    /// What they allow, all together.
    pub permissions: Vec<PermissionView>,
    /// Sensitive permissions not used for 90 days.
    pub unused: Vec<PermissionView>,
    /// When the person was last signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
    /// `never_signed_in`, `stale`, `frozen_with_roles`, `retired_role`, `no_role`, `unused_rights`.
    pub findings: Vec<String>,
}

/// An access review.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReviewView {
    /// Its identifier.
    #[schema(example = "0f3b6c1d2e4a59788f10")]
    pub review_id: String,
    /// The school whose accounts were looked at; none: those above schools.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2144200601")]
    pub school: Option<String>,
    /// Who drew it up.
    pub drawn_by: String,
    /// When.
    #[schema(format = DateTime)]
    pub drawn_at: String,
    /// Accounts in it.
    pub accounts: usize,
    /// Accounts with findings.
    pub with_findings: usize,
    /// Who signed it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub signed_at: Option<String>,
    /// What follows from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<String>,
}

/// An access review with its accounts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WholeReviewView {
    /// The review.
    #[serde(flatten)]
    pub review: ReviewView,
    /// The accounts, by person.
    pub lines: Vec<ReviewLineView>,
}

impl From<&AccessReview> for ReviewView {
    fn from(review: &AccessReview) -> Self {
        let signed = review.signed.as_ref();
        Self {
            review_id: review.id.to_string(),
            school: review.home.as_ref().map(ToString::to_string),
            drawn_by: review.drawn_by.to_string(),
            drawn_at: review.drawn_at.to_string(),
            accounts: review.lines.len(),
            with_findings: review.lines.iter().filter(|line| !line.findings.is_empty()).count(),
            signed_by: signed.map(|signed| signed.by.to_string()),
            signed_at: signed.map(|signed| signed.at.to_string()),
            conclusion: signed.map(|signed| signed.conclusion.clone()),
        }
    }
}

impl ReviewLineView {
    /// A line, with the name of whose account it is.
    pub(crate) fn of(line: &Line, user: Option<&User>) -> Self {
        Self {
            person_id: line.person.to_string(),
            name: user.map(|user| user.name.masked_name()),
            grants: line.grants.iter().map(ToString::to_string).collect(),
            permissions: line.permissions.iter().copied().map(PermissionView::from).collect(),
            unused: line.unused.iter().copied().map(PermissionView::from).collect(),
            last_seen: line.last_seen.map(|at| at.to_string()),
            findings: line.findings.iter().map(ToString::to_string).collect(),
        }
    }
}
