//! Transfers (调班): out of one class and into another of the same course, in one transaction. S28 P12.

use domain::access::Guarded;
use domain::catalog::Term;
use domain::id::{ClassId, StudentId};
use domain::moves::transfer::{from_class, transfer};
use domain::moves::{MoveError, MoveRequest, MoveState, Outcome, Transfer};
use domain::record::TermRecord;
use domain::teaching::class::TeachingClass;
use domain::teaching::membership::{Company, Seated};
use jiff::civil::Date;
use store::Versioned;
use store::teaching::Arranged;

use crate::{Cashier, CashierError};

/// What a transfer is decided by, with both classes as they become by it.
pub(super) struct TransferGround {
    /// From what to what.
    pub(super) transfer: Transfer,
    /// The term.
    pub(super) term: Term,
    arranged: Arranged,
    record: Versioned<TermRecord>,
    from: Versioned<TeachingClass>,
    to: Versioned<TeachingClass>,
}

impl Cashier<'_> {
    /// Works out a transfer from a day on, if it can be made now.
    pub(super) async fn transfer_ground(
        &self,
        to: &ClassId,
        student: &StudentId,
        on: Date,
    ) -> Result<TransferGround, CashierError> {
        let (school, code) = (to.school(), to.term());
        let (term, record) = futures::try_join!(self.store.term(&school, &code), self.store.record(student, &code))?;
        let term = term.ok_or(MoveError::NoSuchClass)?.value;
        let record = record.map(Guarded::unguarded).ok_or(MoveError::NotSeated)?;
        let seated = Seated::of(&record.value, &to.course()).filter(|_| record.value.school == school);
        let seated = [seated.ok_or(MoveError::NotSeated)?].into();
        let arranged = self.store.arranged(&school, &code).await?;
        let mut entered = arranged.class(to).cloned().ok_or(MoveError::NoSuchClass)?;
        let from = from_class(arranged.classes.iter().map(|class| &class.value), to, student, on)?.id.clone();
        let mut left = arranged.class(&from).cloned().ok_or(MoveError::NotInClass)?;
        let others: Vec<&TeachingClass> = arranged.others(to).filter(|class| class.id != from).collect();
        let company = Company { seated: &seated, others: &others, timetable: &arranged.timetable.value };
        let moved = transfer((&mut left.value, &mut entered.value), company, student, on);
        moved.map_err(MoveError::from)?;
        let (title, to_title) = (left.value.title.clone(), entered.value.title.clone());
        let transfer = Transfer { from, title, to: to.clone(), to_title };
        Ok(TransferGround { transfer, term, arranged, record, from: left, to: entered })
    }

    /// Writes a transfer; one that is granted with both classes, on the condition that the pupil keeps the seat.
    pub(super) async fn write_transfer(
        &self,
        mut request: Versioned<MoveRequest>,
        ground: TransferGround,
        action: &'static str,
    ) -> Result<Versioned<MoveRequest>, CashierError> {
        let mut commit = self.commit(action);
        if request.value.state() == MoveState::Done {
            request.value.outcome = Some(Outcome::Done(self.now()));
            commit.save_class(&ground.from)?;
            commit.save_class(&ground.to)?;
            commit.save_timetable(&ground.arranged.timetable)?;
            commit.rest_on_record(&ground.record);
        }
        commit.save_move(&request)?;
        self.store.commit(commit).await?;
        self.store.forget_classes(&request.value.school, &request.value.term());
        request.ver = request.ver.saturating_add(1);
        Ok(request)
    }
}
