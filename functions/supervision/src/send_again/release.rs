//! Releasing what is chosen, so that it is sent again. B6.1 D5.1.

use std::collections::{BTreeMap, BTreeSet};

use domain::access::{Granted, may};
use domain::supervision::holding::Holding;
use domain::supervision::resend::{MOST, Name, Resent, Selection};
use domain::supervision::thing::Thing;
use edge::{App, Caller};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use store::{Commit, StoreError, Versioned};

use super::SentAgain;

/// Things whose holdings are read in one call.
const READ: usize = 100;
/// Things looked through in one call of the operation, whether or not something of them is chosen.
const LOOKED: usize = 3000;
/// Things that are written at once.
const AT_ONCE: usize = 8;

/// Who asks for it.
pub(super) struct Asker<'a> {
    pub(super) app: &'a App,
    pub(super) caller: &'a Caller,
    pub(super) granted: &'a Granted<may::HandleReports>,
}

impl Asker<'_> {
    /// Releases what is chosen of the things, up to as many as a call takes.
    pub(super) async fn release(
        &self,
        things: &[Thing],
        selection: &Selection,
        differed: &BTreeSet<Name>,
    ) -> Result<SentAgain, StoreError> {
        let mut told = SentAgain { records: 0, already: 0, busy: 0, cursor: None };
        let (mut written, mut looked) = (0usize, 0usize);
        for some in things.chunks(READ) {
            let mut holdings: BTreeMap<Thing, Versioned<Holding>> = self.app.store().holdings(some).await?;
            let mut chosen = Vec::new();
            let mut last = None;
            for thing in some {
                if written.saturating_add(chosen.len()) >= MOST {
                    break;
                }
                last = Some(thing);
                let Some(mut holding) = holdings.remove(thing) else { continue };
                let resent = holding.value.send_chosen_again(selection, differed);
                told.already = told.already.saturating_add(resent.already);
                if resent.records > 0 {
                    chosen.push((thing.clone(), holding, resent));
                }
            }
            written = written.saturating_add(chosen.len());
            looked = looked.saturating_add(some.len());
            self.write(chosen, &mut told).await?;
            let is_last = last == things.last();
            if !is_last && (written >= MOST || looked >= LOOKED || last != some.last()) {
                told.cursor = last.map(Thing::to_string);
                break;
            }
        }
        Ok(told)
    }

    async fn write(
        &self,
        chosen: Vec<(Thing, Versioned<Holding>, Resent)>,
        told: &mut SentAgain,
    ) -> Result<(), StoreError> {
        let mut written = stream::iter(chosen)
            .map(|(thing, holding, resent)| async move {
                let actor = self.caller.actor(self.granted);
                let mut commit = Commit::new(actor, "supervision.send_again", self.app.now());
                commit.decide_holding(&thing, &holding)?;
                match self.app.store().commit(commit).await {
                    // It is being told at this moment.
                    Err(StoreError::Stale) => Ok(None),
                    done => done.map(|()| Some(resent)),
                }
            })
            .buffered(AT_ONCE);
        while let Some(resent) = written.try_next().await? {
            match resent {
                Some(resent) => told.records = told.records.saturating_add(resent.records),
                None => told.busy = told.busy.saturating_add(1),
            }
        }
        Ok(())
    }
}
