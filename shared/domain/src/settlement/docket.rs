//! Settlement docket (结算台账) of a school's term: which batch settles what. Whoever draws a batch up or ends one writes the
//! docket in the same transaction, on the condition of its version: so no part is in two batches at once. S36.3.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Month;
use super::batch::BatchError;
use crate::access::{Owned, Owner};
use crate::catalog::Term;
use crate::id::{CourseCode, SchoolCode, TermCode};

/// Batches of a school's term, those that came to nothing counted.
pub const BATCHES: u16 = 200;

/// What a batch covers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// The months.
    pub months: BTreeSet<Month>,
    /// The courses; empty: all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub courses: BTreeSet<CourseCode>,
}

impl Cover {
    /// Whether a course in a month is covered.
    pub fn holds(&self, month: Month, course: &CourseCode) -> bool {
        self.months.contains(&month) && self.holds_course(course)
    }

    /// Whether a course is covered in some month.
    pub fn holds_course(&self, course: &CourseCode) -> bool {
        self.courses.is_empty() || self.courses.contains(course)
    }

    /// Whether something is covered by both.
    pub fn meets(&self, other: &Self) -> bool {
        let courses = self.courses.is_empty() || other.courses.is_empty() || !self.courses.is_disjoint(&other.courses);
        courses && !self.months.is_disjoint(&other.months)
    }
}

/// A batch that waits, and what it holds meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Its number.
    pub number: u16,
    /// What it covers.
    pub cover: Cover,
}

/// The docket of a school's term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Docket {
    /// The school.
    pub school: SchoolCode,
    /// The term.
    pub term: TermCode,
    /// Batches that were drawn up so far.
    pub drawn: u16,
    /// Those that wait: none covers what another does.
    #[serde(default)]
    pub open: Vec<Open>,
    /// What is settled, and by which batches that were not taken back: the first one, then its corrections.
    #[serde(default)]
    pub settled: BTreeMap<Month, BTreeMap<CourseCode, Vec<u16>>>,
}

impl Owned for Docket {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

impl Docket {
    /// A docket with nothing in it.
    pub const fn new(school: SchoolCode, term: TermCode) -> Self {
        Self { school, term, drawn: 0, open: Vec::new(), settled: BTreeMap::new() }
    }

    /// Whether a new batch can cover this.
    pub fn check(&self, cover: &Cover) -> Result<(), BatchError> {
        match self.open.iter().find(|open| open.cover.meets(cover)) {
            Some(open) => Err(BatchError::AlreadyOpen { number: open.number }),
            None if self.drawn >= BATCHES => Err(BatchError::TooMany),
            None => Ok(()),
        }
    }

    /// Takes what a new batch covers; its number. Nobody else settles any of it until the batch has ended.
    pub fn take(&mut self, cover: &Cover) -> Result<u16, BatchError> {
        self.check(cover)?;
        self.drawn = self.drawn.saturating_add(1);
        self.open.push(Open { number: self.drawn, cover: cover.clone() });
        Ok(self.drawn)
    }

    /// A batch has ended: what it held is free.
    pub fn free(&mut self, number: u16) {
        self.open.retain(|open| open.number != number);
    }

    /// A batch has settled these courses in these months.
    pub fn settle<'a>(&mut self, number: u16, places: impl IntoIterator<Item = (Month, &'a CourseCode)>) {
        self.free(number);
        for (month, course) in places {
            self.settled.entry(month).or_default().entry(course.clone()).or_default().push(number);
        }
    }

    /// A batch was taken back by the batch `by`: what it had settled is open again.
    pub fn take_back(&mut self, number: u16, by: u16) {
        self.free(by);
        for courses in self.settled.values_mut() {
            for batches in courses.values_mut() {
                batches.retain(|batch| *batch != number);
            }
            courses.retain(|_, batches| !batches.is_empty());
        }
        self.settled.retain(|_, courses| !courses.is_empty());
    }

    /// By which batches a course is settled in a month.
    pub fn settled_by(&self, month: Month, course: &CourseCode) -> &[u16] {
        self.settled.get(&month).and_then(|courses| courses.get(course)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The batches that hold something of what is covered.
    pub fn holders(&self, cover: &Cover) -> BTreeSet<u16> {
        let months = self.settled.iter().filter(|(month, _)| cover.months.contains(month));
        let courses = months.flat_map(|(_, courses)| courses).filter(|(course, _)| cover.holds_course(course));
        courses.flat_map(|(_, batches)| batches).copied().collect()
    }

    /// Whether a settled batch still counts: it was not taken back.
    pub fn counts(&self, number: u16) -> bool {
        self.settled.values().flat_map(BTreeMap::values).any(|batches| batches.contains(&number))
    }

    /// The months that can be settled: those of the term, and those in which something is settled already.
    fn months(&self, term: &Term) -> BTreeSet<Month> {
        Month::between(term.starts_on, term.ends_on).into_iter().chain(self.settled.keys().copied()).collect()
    }

    /// What a new batch covers: the months that were named, or the next period that is over and of which nothing is
    /// settled. A month may be settled before it is over: what comes until then is corrected later.
    pub fn cover(
        &self,
        term: &Term,
        period_months: u8,
        (months, courses): (BTreeSet<Month>, BTreeSet<CourseCode>),
        today: Date,
    ) -> Result<Cover, BatchError> {
        if months.is_empty() {
            let months = self.next_period(term, period_months, today).ok_or(BatchError::NoPeriodLeft)?;
            return Ok(Cover { months, courses });
        }
        let known = self.months(term);
        match months.difference(&known).next() {
            Some(month) => Err(BatchError::MonthOutOfRange { month: *month }),
            None => Ok(Cover { months, courses }),
        }
    }

    fn next_period(&self, term: &Term, period_months: u8, today: Date) -> Option<BTreeSet<Month>> {
        let months = Month::between(term.starts_on, term.ends_on);
        let over = |period: &[Month]| period.iter().all(|month| *month < Month::of(today));
        let untouched = |period: &[Month]| !period.iter().any(|month| self.settled.contains_key(month));
        let mut periods = months.chunks(usize::from(period_months.max(1)));
        periods.find(|period| over(period) && untouched(period)).map(|period| period.iter().copied().collect())
    }
}
