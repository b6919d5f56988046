//! Seat ledgers (名额账本): claiming, confirming and giving back a seat, each with one conditional write. P1.
//!
//! A ledger item maps pupils to stamps. Nothing here opens a transaction: conflicting transactions cancel each other,
//! while conditional updates of one item simply follow one another.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::Moment;
use domain::id::{OfferingId, StudentId};
use domain::seat::{Seat, Stamp, ledgers, spread};

use crate::error::{Image, StoreError};
use crate::item::{number, text};
use crate::key::{self, Key};
use crate::table::{Store, due_shard};

/// How often seats are spread anew because somebody took one meanwhile.
const SPREADS: usize = 5;

/// A seat ledger as it was read or as a write left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Its number among the ledgers of the offering.
    pub index: u8,
    /// Seats.
    pub capacity: u16,
    /// Seats taken.
    pub taken: u16,
    /// Raised by each write.
    pub ver: u64,
    /// Who sits there.
    pub seats: BTreeMap<String, Stamp>,
}

impl Ledger {
    /// Whether no seat is left.
    pub const fn is_full(&self) -> bool {
        self.taken >= self.capacity
    }

    /// Reads a ledger item.
    pub(crate) fn from_image(index: u8, image: &Image) -> Self {
        let count = |name: &str| image.get(name).and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok());
        let seats = image.get("m").and_then(|value| value.as_m().ok());
        let stamp = |value: &AttributeValue| value.as_n().ok()?.parse().ok().map(Stamp::from_number);
        Self {
            index,
            capacity: count("cap").unwrap_or_default(),
            taken: count("n").unwrap_or_default(),
            ver: image.get("ver").and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or_default(),
            seats: seats
                .map(|seats| seats.iter().filter_map(|(who, value)| Some((who.clone(), stamp(value)?))).collect())
                .unwrap_or_default(),
        }
    }
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The seat is ours. `fresh`: nobody of this pupil had it before, so it may be given back if the rest fails.
    Won {
        /// Where.
        seat: Seat,
        /// Whether it was free.
        fresh: bool,
    },
    /// No seat is left.
    Full,
}

enum Answer {
    Won(Ledger),
    Failed(Option<Image>),
}

impl Store {
    /// Claims a seat for a pupil whose record does not have one in this offering. An entry that an earlier, unfinished
    /// request of the same pupil left is taken over.
    pub async fn claim(
        &self,
        offering: &OfferingId,
        capacity: u16,
        student: &StudentId,
        stamp: Stamp,
    ) -> Result<Claim, StoreError> {
        let count = u8::try_from(ledgers(capacity).len()).unwrap_or(u8::MAX);
        let start = student.as_str().bytes().fold(0u8, u8::wrapping_add) % count.max(1);
        for step in 0..count {
            let index = start.wrapping_add(step) % count;
            if let Some(claim) = self.claim_in(offering, index, student, stamp).await? {
                return Ok(claim);
            }
        }
        Ok(Claim::Full)
    }

    /// One ledger; none when it has no seat.
    async fn claim_in(
        &self,
        offering: &OfferingId,
        ledger: u8,
        student: &StudentId,
        stamp: Stamp,
    ) -> Result<Option<Claim>, StoreError> {
        let key = key::ledger(offering, ledger);
        let seat = Seat { ledger, stamp };
        let claim = self
            .update(&key)
            .update_expression(
                "SET m.#s = :stamp, due = if_not_exists(due, :due), due_shard = if_not_exists(due_shard, :shard) \
                 ADD n :one, ver :one",
            )
            .condition_expression("n < cap AND attribute_not_exists(m.#s)")
            .expression_attribute_names("#s", student.as_str())
            .expression_attribute_values(":stamp", number(stamp.number()))
            .expression_attribute_values(":due", number(stamp.deadline().map_or(0, Moment::seconds)))
            .expression_attribute_values(":shard", text(due_shard(&key.pk)))
            .expression_attribute_values(":one", number(1));
        let image = match self.send(ledger, claim).await? {
            Answer::Won(after) => {
                if after.is_full() {
                    self.post_to_board(offering, &after).await;
                }
                return Ok(Some(Claim::Won { seat, fresh: true }));
            }
            Answer::Failed(None) => return Err(StoreError::Missing(key)),
            Answer::Failed(Some(image)) => image,
        };
        let before = Ledger::from_image(ledger, &image);
        match before.seats.get(student.as_str()) {
            // The first answer to this very claim was lost, and the client sent it again.
            Some(own) if *own == stamp => Ok(Some(Claim::Won { seat, fresh: true })),
            Some(left) => self.take_over(offering, seat, student, *left).await.map(Some),
            None => {
                self.post_to_board(offering, &before).await;
                Ok(None)
            }
        }
    }

    async fn take_over(
        &self,
        offering: &OfferingId,
        seat: Seat,
        student: &StudentId,
        left: Stamp,
    ) -> Result<Claim, StoreError> {
        let key = key::ledger(offering, seat.ledger);
        let take = self
            .update(&key)
            .update_expression(
                "SET m.#s = :stamp, due = if_not_exists(due, :due), due_shard = if_not_exists(due_shard, :shard) \
                 ADD ver :one",
            )
            .condition_expression("m.#s = :left OR m.#s = :stamp")
            .expression_attribute_names("#s", student.as_str())
            .expression_attribute_values(":stamp", number(seat.stamp.number()))
            .expression_attribute_values(":due", number(seat.stamp.deadline().map_or(0, Moment::seconds)))
            .expression_attribute_values(":shard", text(due_shard(&key.pk)))
            .expression_attribute_values(":left", number(left.number()))
            .expression_attribute_values(":one", number(1));
        match self.send(seat.ledger, take).await? {
            Answer::Won(_) => Ok(Claim::Won { seat, fresh: false }),
            // Somebody was quicker; the whole request is decided again.
            Answer::Failed(_) => Err(StoreError::Stale),
        }
    }

    /// Gives a seat back, if it still has this stamp. The ledger is left armed, so that the sweeper posts it to the
    /// board even if we do not come to it. True when it was given back.
    pub async fn release(&self, offering: &OfferingId, student: &StudentId, seat: Seat) -> Result<bool, StoreError> {
        let key = key::ledger(offering, seat.ledger);
        let release = self
            .update(&key)
            .update_expression(
                "REMOVE m.#s SET due = if_not_exists(due, :due), due_shard = if_not_exists(due_shard, :shard) \
                 ADD n :less, ver :one",
            )
            .condition_expression("m.#s = :stamp")
            .expression_attribute_names("#s", student.as_str())
            .expression_attribute_values(":stamp", number(seat.stamp.number()))
            .expression_attribute_values(":due", number(0))
            .expression_attribute_values(":shard", text(due_shard(&key.pk)))
            .expression_attribute_values(":less", number(-1))
            .expression_attribute_values(":one", number(1));
        match self.send(seat.ledger, release).await? {
            Answer::Won(after) => {
                self.post_to_board(offering, &after).await;
                Ok(true)
            }
            Answer::Failed(_) => Ok(false),
        }
    }

    /// Marks a seat as confirmed, if it still has this stamp.
    pub async fn confirm(&self, offering: &OfferingId, student: &StudentId, seat: Seat) -> Result<(), StoreError> {
        let key = key::ledger(offering, seat.ledger);
        let confirm = self
            .update(&key)
            .update_expression("SET m.#s = :zero ADD ver :one")
            .condition_expression("m.#s = :stamp")
            .expression_attribute_names("#s", student.as_str())
            .expression_attribute_values(":stamp", number(seat.stamp.number()))
            .expression_attribute_values(":zero", number(Stamp::CONFIRMED.number()))
            .expression_attribute_values(":one", number(1));
        self.send(seat.ledger, confirm).await.map(drop)
    }

    /// The ledgers of an offering as they are now.
    pub async fn ledgers(&self, offering: &OfferingId, capacity: u16) -> Result<Vec<Ledger>, StoreError> {
        let mut found = Vec::new();
        for index in 0..u8::try_from(ledgers(capacity).len()).unwrap_or(u8::MAX) {
            found.extend(self.ledger(offering, index, true).await?);
        }
        Ok(found)
    }

    /// One ledger, as it is now or (for half the price) as it was a moment ago.
    pub async fn ledger(&self, offering: &OfferingId, index: u8, now: bool) -> Result<Option<Ledger>, StoreError> {
        let image = self.image(&key::ledger(offering, index), now).await?;
        Ok(image.as_ref().map(|image| Ledger::from_image(index, image)))
    }

    /// Ledgers the sweeper must look at.
    pub async fn due_ledgers(&self, now: Moment, limit: i32) -> Result<Vec<(OfferingId, u8)>, StoreError> {
        let keys = self.due(key::Table::Seats, now, limit).await?;
        Ok(keys.iter().filter_map(offering_of_ledger).collect())
    }

    /// Sets when the sweeper looks at a ledger next, unless it was written since it was read.
    pub async fn rearm(&self, offering: &OfferingId, read: &Ledger, next: Option<Moment>) -> Result<(), StoreError> {
        let key = key::ledger(offering, read.index);
        let update = self.update(&key).condition_expression("ver = :ver");
        let update = update.expression_attribute_values(":ver", number(read.ver));
        let update = match next {
            Some(next) => update
                .update_expression("SET due = :due, due_shard = :shard")
                .expression_attribute_values(":due", number(next.seconds()))
                .expression_attribute_values(":shard", text(due_shard(&key.pk))),
            None => update.update_expression("REMOVE due, due_shard"),
        };
        self.send(read.index, update).await.map(drop)
    }

    /// Creates the ledgers of a new offering, or gives existing ones the seats of a new capacity. False when more
    /// seats are taken than the new capacity leaves; then all ledgers are as before.
    pub async fn set_capacity(&self, offering: &OfferingId, capacity: u16) -> Result<bool, StoreError> {
        let mut first: Option<Vec<u16>> = None;
        for _ in 0..SPREADS {
            let now = self.every_ledger(offering).await?;
            let seats: Vec<u16> = now.iter().map(|ledger| ledger.capacity).collect();
            let taken: Vec<u16> = now.iter().map(|ledger| ledger.taken).collect();
            let first = first.get_or_insert_with(|| seats.clone());
            let Some(parts) = spread(capacity, &taken) else {
                // Nothing was written, unless somebody took a seat after the first attempt.
                self.set_ledgers(offering, &seats, first).await?;
                return Ok(false);
            };
            if self.set_ledgers(offering, &seats, &parts).await? {
                return Ok(true);
            }
        }
        Err(StoreError::Stale)
    }

    async fn every_ledger(&self, offering: &OfferingId) -> Result<Vec<Ledger>, StoreError> {
        let mut found = Vec::new();
        for index in 0..=u8::MAX {
            match self.ledger(offering, index, true).await? {
                Some(ledger) => found.push(ledger),
                None => break,
            }
        }
        Ok(found)
    }

    /// Gives each ledger its seats; those that lose some come first, so that at no moment there are too many. False
    /// when somebody has taken a seat that was to go.
    async fn set_ledgers(&self, offering: &OfferingId, now: &[u16], parts: &[u16]) -> Result<bool, StoreError> {
        let changes: Vec<(u8, Option<u16>, u16)> = (0u8..)
            .zip(parts)
            .map(|(index, seats)| (index, now.get(usize::from(index)).copied(), *seats))
            .filter(|(_, now, seats)| *now != Some(*seats))
            .collect();
        let (less, more): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|(_, now, seats)| now.is_some_and(|now| *seats < now));
        for (index, _, seats) in less.into_iter().chain(more) {
            if !self.set_ledger_capacity(offering, index, seats).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn set_ledger_capacity(&self, offering: &OfferingId, index: u8, seats: u16) -> Result<bool, StoreError> {
        let key = key::ledger(offering, index);
        let update = self
            .update(&key)
            .update_expression(
                "SET cap = :cap, kind = :kind, m = if_not_exists(m, :none), n = if_not_exists(n, :zero) ADD ver :one",
            )
            .condition_expression("attribute_not_exists(pk) OR n <= :cap")
            .expression_attribute_values(":cap", number(seats))
            .expression_attribute_values(":kind", text("ledger"))
            .expression_attribute_values(":none", AttributeValue::M(Image::new()))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1));
        match self.send(index, update).await? {
            Answer::Won(after) => {
                self.post_to_board(offering, &after).await;
                Ok(true)
            }
            Answer::Failed(_) => Ok(false),
        }
    }

    fn update(&self, key: &Key) -> UpdateItemFluentBuilder {
        self.client()
            .update_item()
            .table_name(self.name(key.table))
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    async fn send(&self, index: u8, update: UpdateItemFluentBuilder) -> Result<Answer, StoreError> {
        match update.send().await {
            Ok(answer) => Ok(Answer::Won(Ledger::from_image(index, &answer.attributes.unwrap_or_default()))),
            Err(error) => match error.into_service_error_if_condition() {
                Ok(image) => Ok(Answer::Failed(image)),
                Err(error) => Err(StoreError::from_sdk("UpdateItem", *error)),
            },
        }
    }
}

/// Tells a failed condition, with the item as it was, from everything else.
trait ConditionFailure<R> {
    fn into_service_error_if_condition(self) -> Result<Option<Image>, Box<SdkError<UpdateItemError, R>>>;
}

impl<R> ConditionFailure<R> for SdkError<UpdateItemError, R> {
    fn into_service_error_if_condition(self) -> Result<Option<Image>, Box<Self>> {
        match self.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Ok(failed.item().cloned()),
            _ => Err(Box::new(self)),
        }
    }
}

fn offering_of_ledger(key: &Key) -> Option<(OfferingId, u8)> {
    let offering = key.pk.strip_prefix("OFFERING#")?.parse().ok()?;
    Some((offering, key.sk.strip_prefix("LEDGER#")?.parse().ok()?))
}
