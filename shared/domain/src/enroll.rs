//! Enrolling (选课): which offerings a pupil may take together, and the order that comes of it. P2.1–P2.5 S12.1 S12.3.

use std::collections::BTreeSet;

use crate::catalog::{Mode, Offering, OfferingState, Slot, TermCatalog};
use crate::directory::Pupil;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{GuardianId, OfferingId};
use crate::money::{Money, MoneyError};
use crate::record::{Line, Order, OrderState, RequestMark, TermRecord};
use crate::seat::Seat;
use crate::snapshot::Snapshot;
use crate::time::Moment;

/// Offerings one submission may name.
pub const CHOICES: usize = 10;

/// Orders a pupil may place in a term: enough for every family, and a bound for the record.
pub const ORDERS: usize = 60;

/// One offering the guardian wants, and which of its optional fees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The offering.
    pub offering: OfferingId,
    /// Whether the optional materials are wanted.
    pub materials: bool,
    /// Whether the optional sundries are wanted.
    pub sundry: bool,
}

/// Why the pupil cannot take these offerings. Nothing is taken then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "enrollment/")]
pub enum EnrollError {
    /// No window is open.
    #[error("现在不在选课时间内{}", opens_at.map_or_else(|| ",请留意学校通知".into(), |at| format!(",下一次开放时间为 {at}")))]
    WindowClosed {
        /// When the next one opens.
        opens_at: Option<Moment>,
    },
    /// The term collects wishes.
    #[error("本学期采用预报名,暂不能立即报名,请留意学校通知")]
    PreEnrollOnly,
    /// Not an offering of the pupil's school and term, or not open.
    #[error("没有可选的这门课程,它可能已下架,请刷新课程列表")]
    OfferingNotAvailable {
        /// Which choice.
        index: usize,
    },
    /// The same offering twice in one submission.
    #[error("「{title}」在本次选课中重复出现,请删去一项")]
    ChosenTwice {
        /// The offering's title.
        title: String,
        /// Which choice.
        index: usize,
    },
    /// The pupil has left the school's last grade behind.
    #[error("该学生已毕业,不能再选课,如有疑问请联系学校")]
    Graduated,
    /// The pupil's grade may not take it.
    #[error("「{title}」不面向{grade}年级开设,请选择适合本年级的课程")]
    GradeNotEligible {
        /// The offering's title.
        title: String,
        /// The pupil's grade.
        grade: u8,
        /// Which choice.
        index: usize,
    },
    /// The pupil has it.
    #[error("已经选过「{title}」,不能重复选课,可在订单中查看")]
    AlreadyEnrolled {
        /// The offering's title.
        title: String,
    },
    /// Too many offerings.
    #[error("每名学生本学期最多选{limit}门课程,已选{taken}门,请减少选择")]
    LimitReached {
        /// The school's limit.
        limit: u8,
        /// What the pupil has already.
        taken: usize,
    },
    /// Two offerings of one exclusive group.
    #[error("「{title}」与「{other}」互斥,只能选其中一门")]
    ExclusiveCourses {
        /// One of them.
        title: String,
        /// The other.
        other: String,
    },
    /// Two offerings at the same time.
    #[error("「{title}」与「{other}」上课时间冲突({when}),请选择其中一门")]
    TimetableClash {
        /// One of them.
        title: String,
        /// The other.
        other: String,
        /// When both are taught.
        when: String,
    },
    /// No seat left.
    #[error("「{title}」名额已满,可选择其他课程或留意补选")]
    ClassFull {
        /// The offering's title.
        title: String,
    },
    /// Nothing chosen, or more than [`CHOICES`].
    #[error("每次提交应选择1至{CHOICES}门课程")]
    ChoicesOutOfRange,
    /// More orders than a term's record holds.
    #[error("本学期提交次数过多,请联系学校处理")]
    TooManyOrders,
    /// A price that cannot be.
    #[error("课程价格设置有误,请联系学校")]
    PriceUnusable(#[from] MoneyError),
}

impl Fault for EnrollError {
    fn kind(&self) -> Kind {
        match self {
            Self::OfferingNotAvailable { .. } | Self::ChosenTwice { .. } | Self::ChoicesOutOfRange => Kind::Invalid,
            Self::WindowClosed { .. }
            | Self::PreEnrollOnly
            | Self::Graduated
            | Self::GradeNotEligible { .. }
            | Self::AlreadyEnrolled { .. }
            | Self::LimitReached { .. }
            | Self::ExclusiveCourses { .. }
            | Self::TimetableClash { .. }
            | Self::ClassFull { .. }
            | Self::TooManyOrders
            | Self::PriceUnusable(_) => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let pointer = if let Self::OfferingNotAvailable { index } | Self::ChosenTwice { index, .. } = self {
            format!("/choices/{index}/offering_id")
        } else if *self == Self::ChoicesOutOfRange {
            "/choices".to_owned()
        } else {
            return Vec::new();
        };
        vec![Pointed { pointer, detail: self.to_string() }]
    }
}

/// What the decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct EnrollFacts<'a> {
    /// What the school offers this term.
    pub catalog: &'a TermCatalog,
    /// The pupil.
    pub student: &'a Pupil,
    /// What the pupil has already.
    pub record: &'a TermRecord,
}

/// Whether guardians may enroll at this school now at all.
pub fn check_window(catalog: &TermCatalog, now: Moment) -> Result<(), EnrollError> {
    let windows = &catalog.term.windows;
    if !windows.enrolling(now) {
        return Err(EnrollError::WindowClosed { opens_at: windows.next_opening(now) });
    }
    match catalog.term.mode {
        Mode::Immediate => Ok(()),
        Mode::PreEnroll => Err(EnrollError::PreEnrollOnly),
    }
}

/// The chosen offerings, if the submission names one to [`CHOICES`] different ones that guardians can take.
pub fn check_choices<'a>(catalog: &'a TermCatalog, choices: &[Choice]) -> Result<Vec<&'a Offering>, EnrollError> {
    if choices.is_empty() || choices.len() > CHOICES {
        return Err(EnrollError::ChoicesOutOfRange);
    }
    let mut seen = BTreeSet::new();
    choices
        .iter()
        .enumerate()
        .map(|(index, choice)| {
            let offering = catalog
                .offering(&choice.offering)
                .filter(|offering| offering.state == OfferingState::Open)
                .ok_or(EnrollError::OfferingNotAvailable { index })?;
            if seen.insert(&choice.offering) {
                Ok(offering)
            } else {
                Err(EnrollError::ChosenTwice { title: offering.title.clone(), index })
            }
        })
        .collect()
}

/// Whether the pupil may take all of `chosen` beside what the record holds: grade, limit, exclusive groups, timetable.
pub fn check_rules(facts: EnrollFacts<'_>, chosen: &[&Offering]) -> Result<(), EnrollError> {
    let EnrollFacts { catalog, student, record } = facts;
    if student.graduated.is_some() {
        return Err(EnrollError::Graduated);
    }
    for (index, offering) in chosen.iter().enumerate() {
        let title = || offering.title.clone();
        if record.seat_in(&offering.id.course()).is_some() {
            return Err(EnrollError::AlreadyEnrolled { title: title() });
        }
        if !offering.grades.contains(&student.grade) {
            return Err(EnrollError::GradeNotEligible { title: title(), grade: student.grade, index });
        }
    }
    let taken = record.seats().count();
    let limit = catalog.term.limit;
    if taken.saturating_add(chosen.len()) > usize::from(limit) {
        return Err(EnrollError::LimitReached { limit, taken });
    }
    if record.orders.len() >= ORDERS {
        return Err(EnrollError::TooManyOrders);
    }
    let held = record.seats().filter_map(|(_, line)| catalog.offerings.get(&line.course));
    let mut beside: Vec<&Offering> = held.collect();
    for offering in chosen {
        for other in &beside {
            check_pair(catalog, offering, other)?;
        }
        beside.push(offering);
    }
    Ok(())
}

fn check_pair(catalog: &TermCatalog, offering: &Offering, other: &Offering) -> Result<(), EnrollError> {
    let titles = || (offering.title.clone(), other.title.clone());
    if offering.exclusive.is_some() && offering.exclusive == other.exclusive {
        let (title, other) = titles();
        return Err(EnrollError::ExclusiveCourses { title, other });
    }
    match clash(offering, other) {
        Some(slot) => {
            let (title, other) = titles();
            Err(EnrollError::TimetableClash { title, other, when: catalog.when(slot) })
        }
        None => Ok(()),
    }
}

fn clash<'a>(one: &'a Offering, other: &Offering) -> Option<&'a Slot> {
    one.slots.iter().find(|slot| other.slots.iter().any(|taught| slot.clashes(taught)))
}

/// What a submission asks for, beside its choices.
#[derive(Debug, Clone)]
pub struct Submission<'a> {
    /// The choices, as checked.
    pub choices: &'a [Choice],
    /// Who submits.
    pub guardian: &'a GuardianId,
    /// The request.
    pub request: RequestMark,
}

/// The order for `chosen`, whose seats were claimed in the same order. One that costs nothing is paid at once; its
/// seats must be confirmed together with it.
pub fn place(
    facts: EnrollFacts<'_>,
    chosen: &[&Offering],
    seats: &[Seat],
    submission: Submission<'_>,
    now: Moment,
) -> Result<Order, EnrollError> {
    let lines = chosen
        .iter()
        .zip(submission.choices)
        .zip(seats)
        .map(|((offering, choice), seat)| {
            Line::of(offering, choice.materials, choice.sundry, &facts.student.waivers, *seat)?
                .first_part(facts.catalog.term.payment)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let total = Money::sum(lines.iter().map(|line| line.amount))?;
    let state = if total.is_zero() { OrderState::Paid } else { OrderState::Pending };
    let (rules, remind_hours) = (facts.catalog.rules.clone(), facts.catalog.term.remind_hours);
    let next = facts.record.next_order(submission.guardian.clone(), (lines, total), submission.request, now);
    let mut order = Order { state, deadline: hold_until(facts.catalog, now), rules, remind_hours, ..next };
    order.snapshot = Snapshot::of_order(facts.record, &order).hash;
    Ok(order)
}

/// Until when seats claimed now are held for payment (P6.2).
pub fn hold_until(catalog: &TermCatalog, now: Moment) -> Moment {
    now.plus_minutes(i64::from(catalog.term.hold_minutes))
}
