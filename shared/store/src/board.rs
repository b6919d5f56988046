//! Sold-out board (满额板): one small item for each school and term that tells which ledgers are full, so that a late
//! attempt costs no write and hardly a read.
//!
//! Each ledger has one number on the board: its version times two, plus one when it is full. Numbers only rise, so
//! posts may arrive in any order. Every environment reads the board at most every [`REFRESH`] while it is asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::id::{OfferingId, SchoolCode, StudentId, TermCode};
use domain::seat::ledgers;
use tokio::time::Instant;

use crate::cache::Memory;
use crate::error::{StoreError, condition_failed};
use crate::item::{number, text};
use crate::key;
use crate::seat::Ledger;
use crate::table::Store;

/// How old the board may be that refuses an attempt.
pub const REFRESH: Duration = Duration::from_millis(250);

/// A school and a term.
type Place = (SchoolCode, TermCode);

/// How old a copy of a full ledger may be: a seat in it may have passed to another pupil without a new post.
pub const FULL_REFRESH: Duration = Duration::from_secs(2);

type Posts = BTreeMap<String, u64>;

/// What an environment remembers of boards, and of the ledgers that are full.
#[derive(Debug, Default)]
pub(crate) struct Boards {
    posts: Memory<Place, Posts>,
    full: Memory<(OfferingId, u8), Ledger>,
}

fn post_name(offering: &OfferingId, ledger: u8) -> String {
    format!("{}.{ledger}", offering.course())
}

impl Store {
    /// Whether an attempt of this pupil is surely in vain: no seat is left, and none is the pupil's own. A pupil who
    /// has a seat is let through, to be given the same answer as before.
    pub async fn sold_out_for(
        &self,
        offering: &OfferingId,
        capacity: u16,
        student: &StudentId,
    ) -> Result<bool, StoreError> {
        let posts = self.posts(&offering.school(), &offering.term()).await?;
        let count = u8::try_from(ledgers(capacity).len()).unwrap_or(u8::MAX);
        for index in 0..count {
            let Some(post) = posts.get(&post_name(offering, index)) else { return Ok(false) };
            if post & 1 == 0 {
                return Ok(false);
            }
            let ledger = self.full_ledger(offering, index, post >> 1).await?;
            if ledger.is_none_or(|ledger| ledger.seats.contains_key(student.as_str())) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The ledger that was posted as full, at most [`FULL_REFRESH`] old. None when it is not full any more.
    async fn full_ledger(&self, offering: &OfferingId, index: u8, ver: u64) -> Result<Option<Arc<Ledger>>, StoreError> {
        let place = (offering.clone(), index);
        let full = &self.caches().boards.full;
        if let Some(ledger) = full.recall(&place, FULL_REFRESH).filter(|ledger| ledger.ver >= ver) {
            return Ok(Some(ledger).filter(|ledger| ledger.is_full()));
        }
        let read_at = Instant::now();
        let read = self.ledger(offering, index, false).await?.filter(|ledger| ledger.ver >= ver);
        Ok(read.map(|ledger| full.remember(place, read_at, ledger)).filter(|ledger| ledger.is_full()))
    }

    async fn posts(&self, school: &SchoolCode, term: &TermCode) -> Result<Arc<Posts>, StoreError> {
        let place = (school.clone(), term.clone());
        let boards = &self.caches().boards.posts;
        if let Some(posts) = boards.recall(&place, REFRESH) {
            return Ok(posts);
        }
        let read_at = Instant::now();
        let image = self.image(&key::board(school, term), false).await?.unwrap_or_default();
        let posts: Posts =
            image.iter().filter_map(|(name, value)| Some((name.clone(), value.as_n().ok()?.parse().ok()?))).collect();
        Ok(boards.remember(place, read_at, posts))
    }

    /// Posts a ledger as a write left it. Failing is harmless: a full ledger that is not posted costs attempts their
    /// write, a free one is posted again by the sweeper.
    pub(crate) async fn post_to_board(&self, offering: &OfferingId, ledger: &Ledger) {
        if let Err(error) = self.post(offering, ledger).await {
            tracing::warn!(offering = offering.as_str(), %error, "board not posted");
        }
    }

    /// Posts a ledger to its board, unless a later state of it is there.
    pub async fn post(&self, offering: &OfferingId, ledger: &Ledger) -> Result<(), StoreError> {
        let key = key::board(&offering.school(), &offering.term());
        let post = ledger.ver.saturating_mul(2).saturating_add(u64::from(ledger.is_full()));
        let sent = self
            .client()
            .update_item()
            .table_name(self.name(key.table))
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .update_expression("SET #p = :post, kind = :kind")
            .condition_expression("attribute_not_exists(#p) OR #p < :post")
            .expression_attribute_names("#p", post_name(offering, ledger.index))
            .expression_attribute_values(":post", number(post))
            .expression_attribute_values(":kind", text("board"))
            .send()
            .await;
        match sent {
            Err(error) if !condition_failed(&error) => Err(StoreError::from_sdk("UpdateItem", error)),
            _ => Ok(()),
        }
    }
}
