//! Moves (调课、调班) in the hands of the cashier: what one costs, asking, deciding, and bringing it about, at once or when
//! the difference is paid. S27 S28 P11 P12.

mod classes;
mod effect;
mod ground;
mod paid;
mod transfer;

use domain::access::Guarded;
use domain::id::{PersonId, TeachingRequestId};
use domain::moves::exchange::{mark, may_ask, unmark};
use domain::moves::transfer::check_day;
use domain::moves::{Asked, Exchange, MoveError, MoveRequest, Moving, Wanted};
use store::{StoreError, Versioned};

use crate::{Cashier, CashierError, DECISIONS};

impl Cashier<'_> {
    /// Takes a request for a move; where the school wants nobody's approval it is granted with the same word. The same
    /// request is taken once.
    pub async fn ask_move(&self, asked: &Asked, approval: bool) -> Result<Versioned<MoveRequest>, CashierError> {
        for _ in 0..DECISIONS {
            if let Some(found) = self.store.move_request(&asked.id).await? {
                return Ok(found.unguarded());
            }
            match Box::pin(self.ask_move_once(asked, approval)).await {
                Err(CashierError::Store(StoreError::Stale)) => {}
                done => return done,
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn ask_move_once(&self, asked: &Asked, approval: bool) -> Result<Versioned<MoveRequest>, CashierError> {
        let now = self.now();
        if let Wanted::Transfer { to } = &asked.wanted {
            let ground = self.transfer_ground(to, &asked.student, asked.on).await?;
            check_day(&ground.term, asked.on, now)?;
            let mut request = MoveRequest::ask(asked, Moving::Transfer(ground.transfer.clone()), now)?;
            if !approval {
                request.grant(None, now)?;
            }
            return self.write_transfer(Versioned::absent(request), ground, "move.ask").await;
        }
        let term = asked.id.term();
        let mut ground = Box::pin(self.exchange_ground(&asked.student, &term, &asked.wanted, asked.on, None)).await?;
        may_ask(&ground.catalog.term, asked, now)?;
        let exchange = Moving::Exchange(Box::new(ground.exchange.clone()));
        let mut request = Versioned::absent(MoveRequest::ask(asked, exchange, now)?);
        mark(&mut ground.record.value, &ground.parts, &ground.exchange.course, &asked.id);
        if !approval {
            request.value.grant(None, now)?;
            return self.take_effect(request, ground, "move.ask").await;
        }
        let mut commit = self.commit("move.ask");
        self.check_class(&ground, asked.on).await?;
        commit.save_move(&request)?;
        commit.save_record(&ground.record)?;
        self.store.commit(commit).await?;
        request.ver = 1;
        Ok(request)
    }

    /// Grants a move by the school's word, by what holds now; what differs from the quote is explained. None: there is no
    /// such request.
    pub async fn grant_move(
        &self,
        id: &TeachingRequestId,
        by: &PersonId,
    ) -> Result<Option<Versioned<MoveRequest>>, CashierError> {
        for _ in 0..DECISIONS {
            let Some(request) = self.store.move_request(id).await?.map(Guarded::unguarded) else { return Ok(None) };
            match Box::pin(self.grant_move_once(request, by)).await {
                Err(CashierError::Store(StoreError::Stale)) => {}
                granted => return granted.map(Some),
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn grant_move_once(
        &self,
        mut request: Versioned<MoveRequest>,
        by: &PersonId,
    ) -> Result<Versioned<MoveRequest>, CashierError> {
        request.value.grant(Some(by), self.now())?;
        let wanted = request.value.wanted();
        if let Wanted::Transfer { to } = &wanted {
            let ground = self.transfer_ground(to, &request.value.student, request.value.on).await?;
            request.value.moving = Moving::Transfer(ground.transfer.clone());
            return self.write_transfer(request, ground, "move.grant").await;
        }
        let (student, term, on) = (&request.value.student, request.value.term(), request.value.on);
        let ground = Box::pin(self.exchange_ground(student, &term, &wanted, on, Some(&request.value.id))).await?;
        if let Some(exchange) = request.value.exchange_mut() {
            let explained = ground.exchange.difference.explained(&exchange.difference);
            *exchange = Exchange { explained, ..ground.exchange.clone() };
        }
        self.take_effect(request, ground, "move.grant").await
    }

    /// Refuses a move, with the reason for who asked. None: there is no such request.
    pub async fn refuse_move(
        &self,
        id: &TeachingRequestId,
        (by, why): (&PersonId, &str),
    ) -> Result<Option<Versioned<MoveRequest>>, CashierError> {
        self.end_move(id, "move.refuse", |request| request.refuse(by, why, self.now())).await
    }

    /// Takes a move back that nobody has decided. None: there is no such request.
    pub async fn take_back_move(
        &self,
        id: &TeachingRequestId,
        by: &PersonId,
    ) -> Result<Option<Versioned<MoveRequest>>, CashierError> {
        self.end_move(id, "move.take_back", |request| request.take_back(by, self.now())).await
    }

    /// Ends a move of which the course is given up by the school's word. An order that waits for it begins to end; what is
    /// paid by it all the same goes back.
    pub(crate) async fn call_off_move(&self, id: &TeachingRequestId) -> Result<(), CashierError> {
        let ended = self.end_move(id, "move.call_off", |request| {
            request.call_off(self.now());
            Ok(())
        });
        ended.await.map(drop)
    }

    /// Ends a move without effect: the course that was to be given up is free for everything else again.
    async fn end_move(
        &self,
        id: &TeachingRequestId,
        action: &'static str,
        end: impl Fn(&mut MoveRequest) -> Result<(), MoveError>,
    ) -> Result<Option<Versioned<MoveRequest>>, CashierError> {
        for _ in 0..DECISIONS {
            let Some(mut request) = self.store.move_request(id).await?.map(Guarded::unguarded) else { return Ok(None) };
            let (student, term) = (request.value.student.clone(), request.value.term());
            let record = self.store.record(&student, &term).await?.map(Guarded::unguarded);
            end(&mut request.value)?;
            let mut commit = self.commit(action);
            commit.save_move(&request)?;
            if let (Some(mut record), Some(exchange)) = (record, request.value.exchange()) {
                unmark(&mut record.value, id);
                if let Some(order) = exchange.placed.as_ref().and_then(|no| record.value.order_mut(no))
                    && let Err(error) = domain::order::cancel(order)
                {
                    tracing::info!(request = id.as_str(), %error, "nothing to call off");
                }
                commit.save_record(&record)?;
            }
            match self.store.commit(commit).await {
                Err(StoreError::Stale) => {}
                done => {
                    done?;
                    request.ver = request.ver.saturating_add(1);
                    return Ok(Some(request));
                }
            }
        }
        Err(StoreError::Stale.into())
    }
}
