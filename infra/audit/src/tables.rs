//! The tables against the segments: entries as they were sealed, and things as their entries say.

use std::collections::HashSet;

use domain::audit::census::{Census, Counted};
use domain::audit::verify::Verifier;
use gateway::signer::VerifyingKey;
use store::Store;
use store::audit::AUDITED;

use crate::AuditError;

/// Things and places of entries.
pub(crate) type Places = HashSet<(String, String)>;

/// The entries that wait for the sealer.
pub(crate) async fn waiting(store: &Store) -> Result<Places, AuditError> {
    let (mut places, mut after) = (Places::new(), None);
    loop {
        let page = store.scan_unsealed(after).await?;
        places.extend(page.found);
        after = page.next;
        if after.is_none() {
            return Ok(places);
        }
    }
}

/// Counts every entry and every thing.
pub(crate) async fn count(
    store: &Store,
    sealed: &Verifier<'_, VerifyingKey>,
    waiting: &Places,
) -> Result<Counted, AuditError> {
    let (mut census, mut found, mut after) = (Census::default(), 0u64, None);
    loop {
        let page = store.scan_entries(after).await?;
        for entry in &page.found {
            let (thing, place) = (entry.thing.clone(), entry.place.clone());
            match sealed.holds(entry) {
                Some(true) => found = found.saturating_add(1),
                Some(false) => return Err(AuditError::Altered { thing, place }),
                None if waiting.contains(&(thing.clone(), place.clone())) => {}
                None => return Err(AuditError::Unsealed { thing, place }),
            }
            census.entry(entry);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let missing = sealed.entries().saturating_sub(found);
    if missing > 0 {
        return Err(AuditError::Removed { missing });
    }
    for table in AUDITED {
        let mut after = None;
        loop {
            let page = store.scan_standing(table, after).await?;
            for standing in &page.found {
                census.standing(standing)?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(census.end()?)
}
