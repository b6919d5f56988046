//! Drawing up (编制结算批次): what courses in months come to now, without what settled batches hold of them. S36.1 S36.5.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Month;
use super::batch::BatchError;
use super::docket::Cover;
use super::figures::Figures;
use super::line::{BatchLine, OrderPart, OrderParts};
use super::rules::SettlementRules;
use super::split::{Lessons, figures};
use crate::attendance::Known;
use crate::catalog::{Offering, Origin};
use crate::id::{ClassId, CourseCode, OrderNo, OrganizationId};
use crate::money::Money;
use crate::record;

/// Parts of a batch: with all of them it is written in one transaction, which takes 4 MB.
pub const PARTS: usize = 20_000;

/// A line of a paid order.
#[derive(Debug, Clone, Copy)]
pub struct Sale<'a> {
    /// The order.
    pub order: &'a OrderNo,
    /// The line.
    pub line: &'a record::Line,
    /// What is known of its pupil's lessons in the course, as far as it was asked for.
    pub known: &'a Known,
}

/// A course of the term.
#[derive(Debug, Clone)]
pub struct Taught {
    /// Its title.
    pub title: String,
    /// Who provides it.
    pub origin: Origin,
    /// The provider.
    pub provider: Option<OrganizationId>,
    /// The price of a lesson.
    pub unit_price: Money,
    /// The days on which its lessons are planned.
    pub planned: Vec<Date>,
}

impl Taught {
    /// An offering with the days on which its lessons are planned.
    pub fn of(offering: &Offering, planned: Vec<Date>) -> Self {
        let Offering { title, origin, provider, unit_price, .. } = offering;
        Self { title: title.clone(), origin: *origin, provider: provider.clone(), unit_price: *unit_price, planned }
    }
}

/// What a batch is drawn up from.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The lines of all paid orders.
    pub sales: Vec<Sale<'a>>,
    /// The courses.
    pub courses: &'a BTreeMap<CourseCode, Taught>,
    /// The last day of the term.
    pub ends_on: Date,
    /// Whether attendance was asked for: else nothing is said of it, and nothing corrected.
    pub attendance: bool,
    /// The lines of the settled batches that were not taken back.
    pub settled: &'a [BatchLine],
}

/// A course in a month.
#[derive(Debug, Default)]
struct Place {
    parts: BTreeMap<OrderNo, Figures>,
    /// How many lessons were given on each day, in each class.
    given: BTreeMap<(Date, Option<ClassId>), i64>,
    settled: i64,
}

impl Facts<'_> {
    /// The days of the lessons of a sale.
    fn days(&self, sale: &Sale<'_>) -> Vec<Date> {
        let planned = self.courses.get(&sale.line.course).map(|course| course.planned.as_slice()).unwrap_or_default();
        sale.known.days(planned)
    }

    fn places(&self, cover: &Cover) -> BTreeMap<(CourseCode, Month), Place> {
        let mut places: BTreeMap<(CourseCode, Month), Place> = BTreeMap::new();
        for sale in self.sales.iter().filter(|sale| cover.holds_course(&sale.line.course)) {
            let days = self.days(sale);
            let lessons = Lessons { planned: &days, known: &sale.known.lessons, ends_on: self.ends_on };
            for (month, figures) in figures(sale.line, &lessons) {
                let place = places.entry((sale.line.course.clone(), month)).or_default();
                let sum = place.parts.entry(sale.order.clone()).or_default();
                *sum = sum.plus(figures);
            }
            let mut given: BTreeMap<Date, i64> = BTreeMap::new();
            for lesson in lessons.kept(sale.line) {
                let count = given.entry(lesson.date).or_default();
                *count = count.saturating_add(1);
            }
            for (day, count) in given {
                let place = places.entry((sale.line.course.clone(), Month::of(day))).or_default();
                let most = place.given.entry((day, sale.known.class_on(day).cloned())).or_default();
                *most = (*most).max(count);
            }
        }
        for line in self.settled {
            let place = places.entry((line.course.clone(), line.month)).or_default();
            place.settled = place.settled.saturating_add(line.taught);
            for part in &line.parts.0 {
                let sum = place.parts.entry(part.order.clone()).or_default();
                *sum = sum.minus(part.figures);
            }
        }
        places.retain(|(course, month), _| cover.holds(*month, course));
        places
    }
}

/// What of a course in a month has to be settled; none when settled batches hold it already.
fn line(
    (course, month): (CourseCode, Month),
    place: Place,
    facts: &Facts<'_>,
    rules: &SettlementRules,
) -> Option<BatchLine> {
    let parts: Vec<OrderPart> = place
        .parts
        .into_iter()
        .map(|(order, sum)| (order, if facts.attendance { sum } else { Figures { attended: 0, ..sum } }))
        .filter(|(_, figures)| !figures.is_nothing())
        .map(|(order, figures)| OrderPart { order, figures })
        .collect();
    let taught = place.given.values().copied().fold(0, i64::saturating_add).saturating_sub(place.settled);
    if parts.is_empty() && taught == 0 {
        return None;
    }
    let figures = parts.iter().fold(Figures::default(), |sum, part| sum.plus(part.figures));
    // What was settled of a course that the catalog has lost is known from the batch.
    let before = || facts.settled.iter().find(|line| line.course == course);
    let (title, origin, provider, unit_price) = match (facts.courses.get(&course), before()) {
        (Some(now), _) => (now.title.clone(), now.origin, now.provider.clone(), now.unit_price),
        (None, Some(line)) => (line.title.clone(), line.origin, line.provider.clone(), line.unit_price),
        (None, None) => (course.to_string(), Origin::InHouse, None, Money::ZERO),
    };
    let due = rules.dues((&course, origin), taught, &figures);
    Some(BatchLine {
        course,
        month,
        title,
        origin,
        provider,
        unit_price,
        taught,
        figures,
        due,
        parts: OrderParts(parts),
    })
}

/// The lines of a batch: by course and month, what each comes to now without what is settled of it.
pub fn draw(facts: &Facts<'_>, cover: &Cover, rules: &SettlementRules) -> Result<Vec<BatchLine>, BatchError> {
    let places = facts.places(cover).into_iter();
    let lines: Vec<BatchLine> = places.filter_map(|(at, place)| line(at, place, facts, rules)).collect();
    let parts = lines.iter().map(|line| line.parts.0.len()).fold(0, usize::saturating_add);
    if lines.is_empty() {
        Err(BatchError::NothingToSettle)
    } else if parts > PARTS {
        Err(BatchError::TooLarge)
    } else {
        Ok(lines)
    }
}
