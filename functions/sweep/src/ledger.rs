//! Seat ledgers that are due: each entry is judged by its pupil's record. P1: nothing stays taken that nobody has, and
//! nothing is given away that somebody has.

use domain::Moment;
use domain::access::Guarded;
use domain::id::{OfferingId, StudentId};
use domain::seat::{Fate, Seat, Stamp, judge};
use store::StoreError;

use crate::record::unreadable;
use crate::{LIMIT, Round, Swept};

pub(crate) async fn sweep(round: &Round<'_>) -> Swept {
    let mut swept = Swept::default();
    let due = match round.app.store().due_ledgers(round.app.now(), LIMIT).await {
        Ok(due) => due,
        Err(fault) => return unreadable(fault),
    };
    for (offering, index) in due.iter().take_while(|_| round.time_left()) {
        round.each(&mut swept, look(round, offering, *index)).await;
    }
    swept
}

async fn look(round: &Round<'_>, offering: &OfferingId, index: u8) -> Result<(), StoreError> {
    let store = round.app.store();
    let Some(ledger) = store.ledger(offering, index, true).await? else { return Ok(()) };
    let mut next: Option<Moment> = None;
    let mut changed = false;
    for (student, stamp) in &ledger.seats {
        // A name that is no pupil cannot be judged; it is not ours to give away.
        let Ok(student) = student.parse::<StudentId>() else { continue };
        if *stamp == Stamp::CONFIRMED {
            continue;
        }
        let seat = Seat { ledger: index, stamp: *stamp };
        let record = store.record(&student, &offering.term()).await?.map(Guarded::unguarded);
        let record = record.as_ref().map(|found| &found.value);
        match judge(record, &offering.course(), index, *stamp, round.app.now()) {
            Fate::Keep(again) => next = next.into_iter().chain(again).min(),
            Fate::Confirm => {
                store.confirm(offering, &student, seat).await?;
                changed = true;
            }
            Fate::Release => {
                store.release(offering, &student, seat).await?;
                changed = true;
            }
        }
    }
    let ledger = if changed { store.ledger(offering, index, true).await?.unwrap_or(ledger) } else { ledger };
    store.post(offering, &ledger).await?;
    // Only of the state that was judged: a claim that came meanwhile keeps the ledger due.
    if changed { Ok(()) } else { store.rearm(offering, &ledger, next).await }
}
