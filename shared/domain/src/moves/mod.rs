//! Moves (调课、调班): a pupil takes one course for another, or another class of the same course; who asks, who decides,
//! and what it costs. S27 S28 P11 P12.

pub mod difference;
mod error;
pub mod exchange;
pub mod transfer;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::id::{
    ClassId, CourseCode, OfferingId, OrderNo, PersonId, RefundNo, SchoolCode, StudentId, TeachingRequestId, TermCode,
};
use crate::record::Line;
use crate::teaching::request::{Handling, Party, TeachingRequestState, reason};
use crate::time::Moment;
use difference::Difference;

pub use error::MoveError;

/// What a pupil moves from and to, without what a request has made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Another course (调课).
    Exchange {
        /// The course that is given up.
        from: CourseCode,
        /// What is taken instead.
        to: OfferingId,
        /// The class of it, if one is wished.
        class: Option<ClassId>,
        /// Whether its optional materials are wanted.
        materials: bool,
        /// Whether its optional sundries are wanted.
        sundry: bool,
    },
    /// Another class of the course (调班).
    Transfer {
        /// The class.
        to: ClassId,
    },
}

/// One course for another (调课).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The order by which the pupil has the seat that is given up.
    pub order: OrderNo,
    /// The course that is given up.
    pub course: CourseCode,
    /// Its title, as it was sold.
    pub title: String,
    /// What is taken instead.
    pub to: OfferingId,
    /// The class of it, if one is wished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<ClassId>,
    /// What of it is left, as it is sold.
    pub line: Line,
    /// What it costs more or less: as quoted, and as it is once it was granted.
    pub difference: Difference,
    /// Why that is not what was quoted, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained: Option<String>,
    /// The order that takes the seat, and asks for what is to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<OrderNo>,
    /// The refunds by which something goes back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<RefundNo>,
    /// Why the pupil is not in the class that was wished, if it became impossible while the family paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unplaced: Option<String>,
}

/// One class for another of the same course (调班).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The class the pupil leaves.
    pub from: ClassId,
    /// Its title.
    pub title: String,
    /// The class the pupil comes into.
    pub to: ClassId,
    /// Its title.
    pub to_title: String,
}

/// What a pupil moves from and to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moving {
    /// Another course.
    Exchange(Box<Exchange>),
    /// Another class.
    Transfer(Transfer),
}

/// The kind of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MoveKind {
    /// Another course.
    Exchange,
    /// Another class.
    Transfer,
}

impl MoveKind {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Exchange => "调课",
            Self::Transfer => "调班",
        }
    }
}

/// What came of a granted move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The new seat is held, and the pupil stays where it was, until the order is paid.
    Held {
        /// The order.
        order: OrderNo,
        /// Until when.
        until: Moment,
    },
    /// In effect since then.
    Done(Moment),
    /// It was not paid in time, or called off: nothing has happened.
    Lapsed(Moment),
}

/// Where a move stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MoveState {
    /// Waits for the school (待审核).
    Asked,
    /// Granted; waits for the family to pay the difference (待缴费).
    AwaitingPayment,
    /// In effect (已生效).
    Done,
    /// Refused (已驳回).
    Refused,
    /// Taken back by who asked (已撤回).
    TakenBack,
    /// Granted, and not paid in time (未缴费失效).
    Lapsed,
}

impl MoveState {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Asked => "待审核",
            Self::AwaitingPayment => "待缴费",
            Self::Done => "已生效",
            Self::Refused => "已驳回",
            Self::TakenBack => "已撤回",
            Self::Lapsed => "未缴费失效",
        }
    }
}

/// A request for a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveRequest {
    /// Its identifier, which says school and term.
    pub id: TeachingRequestId,
    /// The pupil.
    pub student: StudentId,
    /// How it is handled.
    pub handling: Handling,
    /// The school: as the identifier says.
    pub school: SchoolCode,
    /// From what to what.
    pub moving: Moving,
    /// From which day on.
    pub on: Date,
    /// Why.
    pub reason: String,
    /// What came of it, once it was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

impl Owned for MoveRequest {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), student: Some(self.student.clone()), ..Owner::default() }
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its identifier.
    pub id: TeachingRequestId,
    /// The hash of the request.
    pub request: String,
    /// The pupil.
    pub student: StudentId,
    /// From what to what.
    pub wanted: Wanted,
    /// From which day on.
    pub on: Date,
    /// Why.
    pub reason: String,
    /// Who asks.
    pub by: PersonId,
    /// For whom.
    pub party: Party,
}

impl Wanted {
    /// Another course, or another class.
    pub const fn kind(&self) -> MoveKind {
        match self {
            Self::Exchange { .. } => MoveKind::Exchange,
            Self::Transfer { .. } => MoveKind::Transfer,
        }
    }
}

impl MoveRequest {
    /// A request that waits.
    pub fn ask(asked: &Asked, moving: Moving, now: Moment) -> Result<Self, MoveError> {
        Ok(Self {
            id: asked.id.clone(),
            student: asked.student.clone(),
            handling: Handling::asked(asked.request.clone(), (asked.by.clone(), asked.party), now),
            school: asked.id.school(),
            moving,
            on: asked.on,
            reason: reason(&asked.reason)?,
            outcome: None,
        })
    }

    /// The term.
    pub fn term(&self) -> TermCode {
        self.id.term()
    }

    /// Another course, or another class.
    pub const fn kind(&self) -> MoveKind {
        match self.moving {
            Moving::Exchange(_) => MoveKind::Exchange,
            Moving::Transfer(_) => MoveKind::Transfer,
        }
    }

    /// Where it stands.
    pub const fn state(&self) -> MoveState {
        match (self.handling.state, &self.outcome) {
            (TeachingRequestState::Asked, _) => MoveState::Asked,
            (TeachingRequestState::Refused, _) => MoveState::Refused,
            (TeachingRequestState::TakenBack, _) => MoveState::TakenBack,
            (TeachingRequestState::Granted, Some(Outcome::Held { .. })) => MoveState::AwaitingPayment,
            (TeachingRequestState::Granted, Some(Outcome::Lapsed(_))) => MoveState::Lapsed,
            (TeachingRequestState::Granted, Some(Outcome::Done(_)) | None) => MoveState::Done,
        }
    }

    /// What was asked for.
    pub fn wanted(&self) -> Wanted {
        match &self.moving {
            Moving::Exchange(exchange) => Wanted::Exchange {
                from: exchange.course.clone(),
                to: exchange.to.clone(),
                class: exchange.class.clone(),
                materials: !exchange.line.materials.is_zero(),
                sundry: !exchange.line.sundry.is_zero(),
            },
            Moving::Transfer(transfer) => Wanted::Transfer { to: transfer.to.clone() },
        }
    }

    /// One course for another, if it is that.
    pub fn exchange(&self) -> Option<&Exchange> {
        match &self.moving {
            Moving::Exchange(exchange) => Some(exchange),
            Moving::Transfer(_) => None,
        }
    }

    /// The same, to change it.
    pub fn exchange_mut(&mut self) -> Option<&mut Exchange> {
        match &mut self.moving {
            Moving::Exchange(exchange) => Some(exchange),
            Moving::Transfer(_) => None,
        }
    }

    /// Grants it. A day that has passed while it waited is today.
    pub fn grant(&mut self, by: Option<&PersonId>, now: Moment) -> Result<(), MoveError> {
        self.handling.grant(by, now)?;
        self.on = self.on.max(now.day());
        Ok(())
    }

    /// Refuses it.
    pub fn refuse(&mut self, by: &PersonId, why: &str, now: Moment) -> Result<(), MoveError> {
        Ok(self.handling.refuse(by, why, now)?)
    }

    /// Takes it back. One that waits to be paid ends with its order.
    pub fn take_back(&mut self, by: &PersonId, now: Moment) -> Result<(), MoveError> {
        if let Some(Outcome::Held { order, .. }) = &self.outcome {
            return Err(MoveError::AwaitsPayment { order: order.clone() });
        }
        Ok(self.handling.take_back(by, now)?)
    }

    /// Ends one that is not in effect, because its course is given up by somebody else's word: whoever asked.
    pub fn call_off(&mut self, now: Moment) {
        self.handling.call_off(now);
        self.lapse(now);
    }

    /// Its order was not paid in time, or cancelled.
    pub fn lapse(&mut self, now: Moment) {
        if matches!(self.outcome, Some(Outcome::Held { .. })) {
            self.outcome = Some(Outcome::Lapsed(now));
        }
    }
}

#[cfg(test)]
mod tests;
