//! The place where the laws are tried: two schools with two families each, what our tables hold of them, and the truth as
//! their providers have it.

use std::collections::BTreeMap;

use domain::Moment;
use domain::id::{CourseCode, OrderNo, PaymentNo, SchoolCode};
use domain::journal::Entry;
use domain::payment::{Channel, Evidence, Payment, PaymentState, Source};
use domain::record::{OrderState, TermRecord};
use domain::refund::request::RefundRequest;
use domain::refund::settle::{RefundEvidence, Status};
use domain::refund::{Refund, RefundState};

use crate::defect::Defect;

/// What can be taken, and how many seats it has: the first is scarce.
pub(crate) const COURSES: [(&str, usize); 3] = [("K1", 1), ("K2", 2), ("K3", 2)];
/// Families of a school.
pub(crate) const FAMILIES: usize = 2;
/// Letters that are kept on their way; older ones are lost.
const LETTERS: usize = 8;
/// A create arrives within so many seconds, or never: our time-out.
const CREATE_SECONDS: i64 = 60;
/// The provider grants a late create so many seconds to be paid.
const GRANTED_SECONDS: i64 = 60;

/// A seat of a pupil in a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seat {
    Free,
    Held,
    Confirmed,
}

/// A payment as its provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum There {
    Nowhere,
    Open { until: Moment },
    Closed,
    Paid { transaction: String, at: Moment },
}

/// A payment at its provider, and the creates of it that are on their way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Theirs {
    pub(crate) there: There,
    pub(crate) creates: Vec<Moment>,
}

/// A message of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Letter {
    Paid(Evidence),
    Refund(RefundEvidence),
}

/// A family with one pupil: our side of it, and theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) school: SchoolCode,
    pub(crate) record: TermRecord,
    pub(crate) payments: Vec<Payment>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) requests: Vec<RefundRequest>,
    /// Of each line, how many lessons are known to have been missed, and the most that ever were.
    pub(crate) missed: BTreeMap<(OrderNo, CourseCode), (u16, u16)>,
    pub(crate) journal: Vec<Entry>,
    /// The snapshots that were kept: of what, and their hash.
    pub(crate) snapshots: Vec<(String, String)>,
    /// Beside each payment: how it stands there.
    pub(crate) theirs: Vec<Theirs>,
    /// Beside each refund: how it stands there, if it does.
    pub(crate) their_refunds: Vec<Option<(Status, Moment)>>,
    pub(crate) mail: Vec<Letter>,
    /// Where everything stood before: states never go back.
    pub(crate) stood: Stood,
}

/// How far everything has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stood {
    pub(crate) orders: Vec<Option<OrderState>>,
    pub(crate) payments: Vec<Option<PaymentState>>,
    pub(crate) refunds: Vec<Option<RefundState>>,
}

/// A school: who has which seat, and its families.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct School {
    pub(crate) seats: [[Seat; FAMILIES]; COURSES.len()],
    pub(crate) families: [Family; FAMILIES],
}

/// Both schools at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World {
    pub(crate) now: Moment,
    pub(crate) schools: [School; 2],
    pub(crate) defect: Option<Defect>,
}

/// One family in its school, at a moment.
pub(crate) struct Place<'w> {
    pub(crate) now: Moment,
    pub(crate) defect: Option<Defect>,
    pub(crate) seats: &'w mut [[Seat; FAMILIES]; COURSES.len()],
    pub(crate) at: usize,
    pub(crate) family: &'w mut Family,
}

/// Where the money of a school goes.
pub(crate) fn merchant(school: &SchoolCode, channel: Channel) -> String {
    format!("{channel}-{school}")
}

impl World {
    pub(crate) fn new(defect: Option<Defect>) -> Self {
        let school = |code: &str| School {
            seats: [[Seat::Free; FAMILIES]; COURSES.len()],
            families: std::array::from_fn(|number| Family::new(code, number)),
        };
        let schools = [school("3144200101"), school("2144200601")];
        Self { now: Moment::from_seconds(1_788_220_800), schools, defect }
    }

    /// One of the four families.
    pub(crate) fn place(&mut self, who: usize) -> Place<'_> {
        let School { seats, families } = &mut self.schools[who / FAMILIES % 2];
        let at = who % FAMILIES;
        Place { now: self.now, defect: self.defect, seats, at, family: &mut families[at] }
    }
}

impl Family {
    fn new(school: &str, number: usize) -> Self {
        let student = format!("S{school:.1}00000{number:03}").parse().expect("a pupil");
        let school: SchoolCode = school.parse().expect("a school");
        let term = "2026-2027-1".parse().expect("a term");
        Self {
            record: TermRecord::new(student, term, school.clone()),
            school,
            payments: Vec::new(),
            refunds: Vec::new(),
            requests: Vec::new(),
            missed: BTreeMap::new(),
            journal: Vec::new(),
            snapshots: Vec::new(),
            theirs: Vec::new(),
            their_refunds: Vec::new(),
            mail: Vec::new(),
            stood: Stood::default(),
        }
    }

    pub(crate) fn payment(&self, no: &PaymentNo) -> Option<usize> {
        self.payments.iter().position(|payment| payment.no == *no)
    }

    /// What the provider says of a payment that is paid.
    pub(crate) fn evidence(&self, at: usize, source: Source) -> Option<Evidence> {
        let payment = &self.payments[at];
        let There::Paid { transaction, at } = &self.theirs[at].there else { return None };
        Some(Evidence {
            source,
            channel: payment.channel,
            event: None,
            payment: payment.no.clone(),
            transaction: transaction.clone(),
            merchant: String::new(),
            app: String::new(),
            sub_merchant: merchant(&self.school, payment.channel),
            total: payment.amount,
            currency: "CNY".to_owned(),
            paid_at: *at,
        })
    }

    /// What the provider says of a refund that it has taken on.
    pub(crate) fn refund_evidence(&self, at: usize, source: Source) -> Option<RefundEvidence> {
        let (status, since) = self.their_refunds[at]?;
        let refund = &self.refunds[at];
        let payment = &self.payments[self.payment(&refund.payment)?];
        Some(RefundEvidence {
            source,
            channel: payment.channel,
            refund: refund.no().to_string(),
            provider_no: format!("50{}", refund.no()),
            transaction: payment.paid.as_ref()?.transaction.clone(),
            sub_merchant: merchant(&self.school, payment.channel),
            amount: refund.amount,
            status,
            at: since,
            accepted_at: Some(since),
        })
    }

    /// The provider writes.
    pub(crate) fn send(&mut self, letter: Option<Letter>) {
        self.mail.extend(letter);
        if self.mail.len() > LETTERS {
            self.mail.remove(0);
        }
    }

    /// What the provider has given back, or is about to, of a payment.
    pub(crate) fn their_refunded(&self, payment: &PaymentNo) -> i64 {
        let own = self.refunds.iter().zip(&self.their_refunds).filter(|(refund, _)| refund.payment == *payment);
        let held = own.filter(|(_, theirs)| theirs.is_some_and(|(status, _)| status != Status::Closed));
        held.map(|(refund, _)| refund.amount.fen()).sum()
    }
}

impl Theirs {
    pub(crate) fn on_its_way(now: Moment) -> Self {
        Self { there: There::Nowhere, creates: vec![now] }
    }

    /// A create arrives, if it can still: a past last moment of paying is moved to a minute from now.
    pub(crate) fn create(&mut self, expires_at: Moment, now: Moment) {
        let Some(sent) = self.creates.pop() else { return };
        if self.there == There::Nowhere && now.seconds_since(sent) <= CREATE_SECONDS {
            self.there = There::Open { until: expires_at.max(now.plus_seconds(GRANTED_SECONDS)) };
        }
    }
}
