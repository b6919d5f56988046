//! A calendar feed (日历订阅) as its owner sees it.

use domain::teaching::feed::{Feed, Followed};
use serde::Serialize;
use utoipa::ToSchema;

/// A feed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeedView {
    /// By which it is revoked.
    #[schema(example = "k3V0d9sXq1LmZp7a")]
    pub feed_id: String,
    /// The child whose timetable it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: Option<String>,
    /// The school at which it follows the own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "3144200101")]
    pub school: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// Its address, told once: whoever has it reads the timetable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://platform.invalid/v1/calendar/nqk3V0d9sXq1LmZp7a….ics")]
    pub url: Option<String>,
}

impl From<&Feed> for FeedView {
    fn from(feed: &Feed) -> Self {
        let (student_id, school) = match &feed.of {
            Followed::Child(student) => (Some(student.to_string()), None),
            Followed::Own(school) => (None, Some(school.to_string())),
        };
        Self { feed_id: feed.id().to_owned(), student_id, school, made_at: feed.at.to_string(), url: None }
    }
}
