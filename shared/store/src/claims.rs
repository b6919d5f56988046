//! Claims (占位): seats taken together, all or none, before the record that justifies them is written.

use domain::Moment;
use domain::id::{OfferingId, StudentId};
use domain::seat::{Seat, Stamp};

use crate::error::StoreError;
use crate::seat::Claim;
use crate::table::Store;

/// Seats claimed for one pupil, in the order in which they were wanted.
#[derive(Debug, Clone)]
pub struct Claims {
    student: StudentId,
    taken: Vec<Taken>,
}

#[derive(Debug, Clone)]
struct Taken {
    offering: OfferingId,
    seat: Seat,
    /// It was free before. One that was taken over from another request of the same pupil may never be given back
    /// here: that request may be written by now, and the seat be its own.
    fresh: bool,
}

/// What came of claiming several seats.
#[derive(Debug)]
pub enum Claimed {
    /// All of them.
    All(Claims),
    /// None: the one at this place is full.
    Full(usize),
}

impl Claims {
    /// Claims a seat in each of the offerings, given with their capacities, until `deadline`. When one is full, or
    /// something fails, those claimed are given back.
    pub async fn take(
        store: &Store,
        wanted: &[(&OfferingId, u16)],
        student: &StudentId,
        deadline: Moment,
        mut random: impl FnMut() -> u64,
    ) -> Result<Claimed, StoreError> {
        let mut claims = Self { student: student.clone(), taken: Vec::new() };
        for (place, (offering, capacity)) in wanted.iter().enumerate() {
            match store.claim(offering, *capacity, student, Stamp::claim(deadline, random())).await {
                Ok(Claim::Won { seat, fresh }) => {
                    claims.taken.push(Taken { offering: (*offering).clone(), seat, fresh });
                }
                Ok(Claim::Full) => {
                    claims.give_back(store).await;
                    return Ok(Claimed::Full(place));
                }
                Err(error) => {
                    claims.give_back(store).await;
                    return Err(error);
                }
            }
        }
        Ok(Claimed::All(claims))
    }

    /// The seats.
    pub fn seats(&self) -> Vec<Seat> {
        self.taken.iter().map(|taken| taken.seat).collect()
    }

    /// Gives back what was free before and still bears our claim. A seat that is missed is released by the sweeper when
    /// its claim has run out.
    pub async fn give_back(&self, store: &Store) {
        for taken in self.taken.iter().filter(|taken| taken.fresh) {
            if let Err(error) = store.release(&taken.offering, &self.student, taken.seat).await {
                tracing::warn!(offering = taken.offering.as_str(), %error, "seat not given back");
            }
        }
    }
}
