//! Claiming the seats of a submission: all of them, or none.

use domain::catalog::Offering;
use domain::enroll::EnrollError;
use domain::id::StudentId;
use domain::seat::{Seat, Stamp};
use domain::Moment;
use edge::{App, Problem};
use store::StoreError;
use store::seat::Claim;

/// Seats claimed for a submission that is not written yet.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    pub(crate) seats: Vec<Seat>,
    /// Those that were free before, with their offerings: they may be given back. One that was taken over from an
    /// unfinished request of the same pupil may not, since that request may still be written.
    fresh: Vec<(Offering, Seat)>,
}

impl Claims {
    /// Claims a seat in each of the offerings until `deadline`. When one is full, those claimed are given back.
    pub(crate) async fn take(
        app: &App,
        chosen: &[&Offering],
        student: &StudentId,
        deadline: Moment,
    ) -> Result<Self, Problem> {
        let mut claims = Self::default();
        for offering in chosen {
            let stamp = Stamp::claim(deadline, app.random());
            match app.store().claim(&offering.id, offering.capacity, student, stamp).await {
                Ok(Claim::Won { seat, fresh }) => claims.add(offering, seat, fresh),
                Ok(Claim::Full) => {
                    claims.give_back(app, student).await;
                    return Err(EnrollError::ClassFull { title: offering.title.clone() }.into());
                }
                Err(error) => {
                    claims.give_back(app, student).await;
                    return Err(error.into());
                }
            }
        }
        Ok(claims)
    }

    fn add(&mut self, offering: &Offering, seat: Seat, fresh: bool) {
        self.seats.push(seat);
        if fresh {
            self.fresh.push((offering.clone(), seat));
        }
    }

    /// Gives back what may be given back. A seat that is missed is released by the sweeper at its deadline.
    pub(crate) async fn give_back(&self, app: &App, student: &StudentId) {
        for (offering, seat) in &self.fresh {
            let released: Result<bool, StoreError> = app.store().release(&offering.id, student, *seat).await;
            if let Err(error) = released {
                tracing::warn!(offering = offering.id.as_str(), %error, "seat not given back");
            }
        }
    }
}
