//! Visits (访问计数): how often a source comes within a stretch of time, counted by one update, so that many at once
//! are many.

use aws_sdk_dynamodb::types::ReturnValue;
use domain::Moment;

use crate::error::StoreError;
use crate::item::{number, text};
use crate::key;
use crate::table::Store;

impl Store {
    /// Counts a visit of a source, named by a keyed hash; how many there are in the present stretch of so many seconds.
    /// The table may forget a stretch once it is over.
    pub async fn count_visit(&self, source: &str, stretch_seconds: i64, now: Moment) -> Result<u32, StoreError> {
        let window = now.seconds().div_euclid(stretch_seconds.max(1));
        let over = window.saturating_add(1).saturating_mul(stretch_seconds);
        let key = key::visits(source, window);
        let answer = self
            .client()
            .update_item()
            .table_name(self.name(key.table))
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .update_expression("ADD n :one SET kind = :kind, expires_at = :over")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":kind", text("visits"))
            .expression_attribute_values(":over", number(over))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("UpdateItem", error))?;
        let counted = answer.attributes.as_ref().and_then(|new| new.get("n")).and_then(|n| n.as_n().ok());
        Ok(counted.and_then(|n| n.parse().ok()).unwrap_or(u32::MAX))
    }
}
