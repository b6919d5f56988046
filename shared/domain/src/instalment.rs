//! Instalments (分期缴费): a course is sold in parts, each a stretch of its lessons and a line of an order of its own. P6.1.
//!
//! The first part comes with the seat. Each later one is asked for by an order that continues the first: it holds no seat,
//! and when it is not paid in time, the course is left. What goes back of a part depends on its own lessons. Whatever the
//! mode, the parts add up to the course, to the fen.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::directory::Waiver;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{CourseCode, OrderNo};
use crate::money::{Money, MoneyError};
use crate::record::{Ending, Leaving, Line, Order, OrderState, RequestMark, TermRecord, Waived};
use crate::refund::facts::{GivenBack, Lesson, LessonState};
use crate::snapshot::Snapshot;
use crate::time::Moment;

/// Parts of a course at most: the months of a term.
pub const MOST_PARTS: u8 = 6;

/// Days a family has to pay a part, at least.
pub const LEAST_DAYS: u8 = 3;

/// Days a family has to pay a part, at most.
pub const MOST_DAYS: u8 = 28;

/// How the courses of a school's term are paid (订单支付模式).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode", deny_unknown_fields)]
pub enum PaymentMode {
    /// All of it with the order (按订单金额).
    #[default]
    Whole,
    /// In so many parts, as even as lessons are; each asked for some days before its first lesson (按支付周期).
    Periods {
        /// How many.
        count: u8,
        /// Days before the first lesson of a part from which it is to be paid.
        days: u8,
    },
    /// Fees of things with the order; tuition after each month, for the lessons that were given to the pupil (按实际课时).
    Lessons {
        /// Days from then on within which it is to be paid.
        days: u8,
    },
}

/// Why a mode cannot be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "instalment/")]
pub enum ModeError {
    /// Fewer than two parts, or more than [`MOST_PARTS`].
    #[error("分期期数应为 2 至 {MOST_PARTS} 期,请重新填写")]
    CountUnusable,
    /// Too few days to pay, or too many.
    #[error("每期缴费天数应为 {LEAST_DAYS} 至 {MOST_DAYS} 天,请重新填写")]
    DaysUnusable,
}

impl Fault for ModeError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let pointer = match self {
            Self::CountUnusable => "/payment/count",
            Self::DaysUnusable => "/payment/days",
        };
        vec![Pointed { pointer: pointer.to_owned(), detail: self.to_string() }]
    }
}

impl PaymentMode {
    /// Whether it can be set.
    pub fn check(self) -> Result<(), ModeError> {
        match self {
            Self::Periods { count, .. } if !(2..=MOST_PARTS).contains(&count) => Err(ModeError::CountUnusable),
            Self::Periods { days, .. } | Self::Lessons { days } if !(LEAST_DAYS..=MOST_DAYS).contains(&days) => {
                Err(ModeError::DaysUnusable)
            }
            Self::Whole | Self::Periods { .. } | Self::Lessons { .. } => Ok(()),
        }
    }

    /// Whether all is paid with the order.
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }
}

/// Which part of a course a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instalment {
    /// How the course is paid, as it was when it was taken.
    #[serde(rename = "m")]
    pub mode: PaymentMode,
    /// The first of the course's lessons it is about, counted from 0.
    #[serde(rename = "f")]
    pub from: u16,
    /// The first it is not about any more.
    #[serde(rename = "u")]
    pub until: u16,
    /// Lessons that were paid for by the parts before it.
    #[serde(rename = "b")]
    pub before: u16,
    /// Lessons of the course.
    #[serde(rename = "l")]
    pub lessons: u16,
    /// Tuition of the course, after what is waived.
    #[serde(rename = "t")]
    pub tuition: Money,
    /// Whether it pays, beside another line, for lessons that are counted there.
    #[serde(rename = "s", default, skip_serializing_if = "std::ops::Not::not")]
    pub beside: bool,
}

impl Instalment {
    /// What the first so many lessons of the course cost.
    fn up_to(&self, lessons: u16) -> Money {
        let (all, count) = (i64::from(self.lessons.max(1)), i64::from(lessons.min(self.lessons)));
        Money::from_fen(self.tuition.fen().saturating_mul(count).checked_div_euclid(all).unwrap_or_default())
    }

    /// What so many lessons of it cost.
    pub(crate) fn of_lessons(&self, lessons: u16) -> Money {
        self.up_to(self.before.saturating_add(lessons)).without(self.up_to(self.before))
    }

    /// The same as if a waiver had been granted before the course was taken. What was waived then stays waived.
    #[must_use]
    pub(crate) fn waived_by(&self, waiver: &Waiver, unit_price: Money) -> Self {
        let gross = unit_price.times(u32::from(self.lessons)).unwrap_or(self.tuition);
        Self { tuition: gross.without(waiver.of(gross)).min(self.tuition), ..*self }
    }

    /// Its own lessons among those of the course.
    pub fn of<'l>(&self, lessons: &'l [Lesson]) -> &'l [Lesson] {
        let (from, until) = (usize::from(self.from), usize::from(self.until));
        // What is given beyond what was sold belongs to the last part.
        let until = if self.until >= self.lessons { lessons.len() } else { until.min(lessons.len()) };
        lessons.get(from.min(until)..until).unwrap_or_default()
    }
}

impl Line {
    /// The lessons of the line among those of its course. Those that were not charged since they were missed are none of
    /// them: nothing goes back of what was never paid.
    pub fn lessons_of(&self, lessons: &[Lesson]) -> Vec<Lesson> {
        let Some(part) = &self.instalment else { return lessons.to_vec() };
        let mut own = part.of(lessons).to_vec();
        if matches!(part.mode, PaymentMode::Lessons { .. }) {
            let mut spared = own.len().saturating_sub(usize::from(self.lessons));
            own.retain(|lesson| {
                let missed = spared > 0 && !is_paid_for(lesson.state);
                spared = spared.saturating_sub(usize::from(missed));
                !missed
            });
        }
        own
    }

    /// Its first part, if the course is paid in parts: things are handed out at the beginning, and paid then.
    pub fn first_part(self, mode: PaymentMode) -> Result<Self, MoneyError> {
        let sold = self.sold();
        let (lessons, things) = (self.lessons, (self.materials, self.sundry));
        let until = match mode {
            PaymentMode::Whole => return Ok(self),
            PaymentMode::Periods { count, .. } => end_of(1, count, lessons),
            PaymentMode::Lessons { .. } => 0,
        };
        let part = Instalment { mode, from: 0, until, before: 0, lessons, tuition: sold.tuition, beside: false };
        let reason = self.waived.as_ref().map(|waived| waived.reason.clone());
        let line = self.cut(part, until, reason)?;
        let amount = line.amount.plus(things.0)?.plus(things.1)?;
        Ok(Self { materials: things.0, sundry: things.1, amount, ..line })
    }

    /// A part of the course with so many lessons to be paid for, without the things; and why something of it is waived.
    fn cut(&self, part: Instalment, lessons: u16, reason: Option<String>) -> Result<Self, MoneyError> {
        let tuition = part.of_lessons(lessons);
        let spared = self.unit_price.times(u32::from(lessons))?.without(tuition);
        Ok(Self {
            lessons,
            waived: reason.map(|reason| Waived { reason, amount: spared }),
            materials: Money::ZERO,
            sundry: Money::ZERO,
            amount: tuition,
            given_back: GivenBack::default(),
            leaving: None,
            instalment: Some(part),
            ..self.clone()
        })
    }
}

/// Where a part ends when lessons are spread over parts as evenly as they go, the longer ones first.
fn end_of(part: u8, count: u8, lessons: u16) -> u16 {
    let (part, count) = (u16::from(part), u16::from(count.max(1)));
    let (each, more) = (lessons.checked_div(count).unwrap_or_default(), lessons.checked_rem(count).unwrap_or_default());
    if part >= count { lessons } else { each.saturating_mul(part).saturating_add(part.min(more)) }
}

/// A part that falls due.
struct Due {
    line: Line,
    /// Until the beginning of this day.
    until: Date,
}

/// What falls due of a course after the parts that were asked for, the seat's line the first of them. `lessons` are those
/// of the course in their order, with what became of each; `waiver` is the pupil's of today, which may be younger than the
/// parts before.
fn next(parts: &[&Line], lessons: &[Lesson], waiver: Option<&Waiver>, today: Date) -> Result<Option<Due>, MoneyError> {
    let Some((last, part)) = parts.last().and_then(|last| Some((*last, last.instalment?))) else { return Ok(None) };
    let (from, before) = (part.until, part.before.saturating_add(last.lessons));
    if before >= part.lessons {
        return Ok(None);
    }
    let (until, wanted, day) = match part.mode {
        PaymentMode::Whole => return Ok(None),
        PaymentMode::Periods { count, days } => {
            let number = u8::try_from(parts.len()).unwrap_or(u8::MAX).saturating_add(1);
            let until = end_of(number, count, part.lessons);
            // Nobody knows when the lessons are: they are asked for with the parts before.
            let begins = lessons.get(usize::from(from)).map_or(today, |lesson| lesson.date);
            if later(today, days) < begins {
                return Ok(None);
            }
            (until, until.saturating_sub(from), begins.max(later(today, LEAST_DAYS)))
        }
        PaymentMode::Lessons { days } => {
            let over = lessons.partition_point(|lesson| lesson.date < today.first_of_month());
            let month = lessons.get(usize::from(from)..over).unwrap_or_default();
            let given = month.iter().filter(|lesson| is_paid_for(lesson.state)).count();
            let given = u16::try_from(given).unwrap_or(u16::MAX).min(part.lessons.saturating_sub(before));
            if given == 0 {
                return Ok(None);
            }
            (u16::try_from(over).unwrap_or(u16::MAX), given, later(today, days))
        }
    };
    let sold = last.waived.as_ref().map(|waived| waived.reason.clone());
    let (tuition, reason) = match waiver.map(|waiver| (part.waived_by(waiver, last.unit_price).tuition, waiver)) {
        Some((tuition, waiver)) if tuition < part.tuition => (tuition, Some(waiver.reason.clone())),
        Some(_) | None => (part.tuition, sold),
    };
    let line = last.cut(Instalment { from, until, before, tuition, ..part }, wanted, reason)?;
    Ok(Some(Due { line, until: day }))
}

/// Whether a lesson that has passed is to be paid for: the pupil was there, or away without leave; one of which nothing
/// is known was given, as for refunds.
const fn is_paid_for(state: LessonState) -> bool {
    match state {
        LessonState::Due | LessonState::Attended | LessonState::Absent => true,
        LessonState::OnLeave | LessonState::NotGiven => false,
    }
}

fn later(day: Date, days: u8) -> Date {
    day.saturating_add(jiff::Span::new().days(i64::from(days)))
}

/// The order that asks for what falls due now of the courses of an order; none when nothing does. `lessons` tells those of
/// a course, `waivers` are those the pupil has today.
pub fn follow(
    record: &TermRecord,
    first: &Order,
    lessons: impl Fn(&CourseCode) -> Vec<Lesson>,
    waivers: &[Waiver],
    now: Moment,
) -> Result<Option<Order>, MoneyError> {
    let (mut lines, mut deadline) = (Vec::new(), None::<Date>);
    for line in first.lines.iter().filter(|line| line.leaving.is_none() && line.instalment.is_some()) {
        let followed = record.following(&first.no).filter(|order| order.line(&line.course).is_some());
        let (ending, others): (Vec<_>, Vec<_>) = followed.partition(|order| order.state == OrderState::Closing);
        if !ending.is_empty() {
            // It may turn out paid yet.
            continue;
        }
        let asked = others.into_iter().filter(|order| order.asks()).filter_map(|order| order.line(&line.course));
        let parts: Vec<&Line> = std::iter::once(line).chain(asked).collect();
        if let Some(due) = next(&parts, &lessons(&line.course), Waiver::greatest(waivers), now.day())? {
            deadline = Some(deadline.map_or(due.until, |day| day.min(due.until)));
            lines.push(due.line);
        }
    }
    let Some(deadline) = deadline else { return Ok(None) };
    let total = Money::sum(lines.iter().map(|line| line.amount))?;
    let number = record.following(&first.no).count();
    let state = if total.is_zero() { OrderState::Paid } else { OrderState::Pending };
    let deadline = Moment::parse(&format!("{deadline}T00:00:00+08:00")).unwrap_or(now);
    let request = RequestMark { key: format!("{}.{number}", first.no), body: String::new() };
    let (rules, remind_hours, continues) = (first.rules.clone(), first.remind_hours, Some(first.no.clone()));
    let next = record.next_order(first.guardian.clone(), (lines, total), request, now);
    let mut order = Order { state, deadline, rules, remind_hours, continues, ..next };
    order.snapshot = Snapshot::of_order(record, &order).hash;
    Ok(Some(order))
}

/// A part that will be asked for (待缴分期).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    /// The line it will be.
    pub line: Line,
    /// The morning on which it is asked for.
    pub asked_on: Date,
    /// The day by whose beginning it is to be paid.
    pub until: Date,
}

/// What will be asked for of the courses of an order, if the pupil stays and comes to each lesson; by the day. It is found
/// by the rule that asks for it.
pub fn coming(
    record: &TermRecord,
    first: &Order,
    lessons: impl Fn(&CourseCode) -> Vec<Lesson>,
    waivers: &[Waiver],
    today: Date,
) -> Result<Vec<Coming>, MoneyError> {
    let (mut coming, waiver) = (Vec::new(), Waiver::greatest(waivers));
    if matches!(first.state, OrderState::Expired | OrderState::Cancelled) {
        return Ok(coming);
    }
    for line in first.lines.iter().filter(|line| line.leaving.is_none() && line.instalment.is_some()) {
        let asked = record.following(&first.no).filter(|order| order.asks());
        let asked = asked.filter_map(|order| order.line(&line.course));
        let mut parts: Vec<Line> = std::iter::once(line).chain(asked).cloned().collect();
        let lessons = lessons(&line.course);
        let mut from = today;
        while let Some(asked_on) = day_of_next(&parts, &lessons, from) {
            let Some(due) = next(&parts.iter().collect::<Vec<_>>(), &lessons, waiver, asked_on)? else {
                // Nothing of that month is to be paid for: the next one may have something.
                from = next_month(asked_on);
                continue;
            };
            parts.push(due.line.clone());
            coming.push(Coming { line: due.line, asked_on, until: due.until });
            from = asked_on;
        }
    }
    coming.sort_by_key(|coming| coming.asked_on);
    Ok(coming)
}

/// The first day, not before `from`, on which the next part may fall due; none once there is none.
fn day_of_next(parts: &[Line], lessons: &[Lesson], from: Date) -> Option<Date> {
    let (last, part) = parts.last().and_then(|last| Some((last, last.instalment?)))?;
    if part.before.saturating_add(last.lessons) >= part.lessons {
        return None;
    }
    let first = lessons.get(usize::from(part.until)).map(|lesson| lesson.date);
    match part.mode {
        PaymentMode::Whole => None,
        PaymentMode::Periods { days, .. } => Some(first.map_or(from, |begins| earlier(begins, days).max(from))),
        PaymentMode::Lessons { .. } => {
            let day = next_month(first?).max(from);
            // In the month after the last lesson all is asked for that ever will be.
            (day <= next_month(lessons.last()?.date)).then_some(day)
        }
    }
}

fn earlier(day: Date, days: u8) -> Date {
    day.saturating_sub(jiff::Span::new().days(i64::from(days)))
}

/// The first day of the month after that of a day.
fn next_month(day: Date) -> Date {
    day.first_of_month().saturating_add(jiff::Span::new().months(1))
}

/// The pupil gives a course up: its seat's line is left from this day on, and what asks for more of it ends.
pub fn leave(record: &mut TermRecord, first: &OrderNo, course: &CourseCode, on: Date) {
    if let Some(line) = record.order_mut(first).and_then(|order| order.line_mut(course)) {
        line.leaving = Some(Leaving::Left(on));
    }
    for order in record.orders.iter_mut().filter(|order| order.continues.as_ref() == Some(first)) {
        if order.state == OrderState::Pending && order.line(course).is_some() {
            // What else it asks for is asked for anew.
            order.state = OrderState::Closing;
            order.ending = Some(Ending::Cancelled);
        }
    }
}

/// A part was not paid in time: the courses it asks for are left. The lines whose seats are free by it.
pub fn forfeit(record: &mut TermRecord, no: &OrderNo, on: Date) -> Vec<Line> {
    let Some(order) = record.order(no).filter(|order| order.state == OrderState::Expired) else { return Vec::new() };
    let Some(first) = order.continues.clone() else { return Vec::new() };
    let courses: Vec<CourseCode> = order.lines.iter().map(|line| line.course.clone()).collect();
    let sits = |course: &CourseCode| record.order(&first)?.line(course).filter(|line| !line.has_left()).cloned();
    let free: Vec<Line> = courses.iter().filter_map(sits).collect();
    for line in &free {
        leave(record, &first, &line.course, on);
    }
    free
}

/// Whether the pupil still has the seats of all that an order asks for.
pub fn sits(record: &TermRecord, order: &Order) -> bool {
    let Some(first) = &order.continues else { return true };
    let sits = |line: &Line| record.seat_in(&line.course).is_some_and(|(seat, _)| seat.no == *first);
    order.lines.iter().all(sits)
}

impl TermRecord {
    /// The orders that continue an order, in their order.
    pub fn following(&self, first: &OrderNo) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(move |order| order.continues.as_ref() == Some(first))
    }
}

impl Order {
    /// Whether what it asks for is paid, or may be.
    const fn asks(&self) -> bool {
        matches!(self.state, OrderState::Pending | OrderState::Closing | OrderState::Paid)
    }
}

#[cfg(test)]
mod tests;
