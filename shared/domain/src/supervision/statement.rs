//! Statement of agreement (核对结果): how many records both sides have of each data set, and how they differ. D5.1 K7.2.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agreement::Discrepancy;
use super::dataset::Dataset;
use crate::access::{Owned, Owner};
use crate::id::SchoolCode;
use crate::time::Moment;

/// A data set of a school.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Records we have.
    pub ours: u64,
    /// Records the city has.
    pub theirs: u64,
    /// We have them and the city never had (未报).
    #[serde(default)]
    pub unreported: u64,
    /// Both have them, and they say something else (错报).
    #[serde(default)]
    pub wrong: u64,
    /// The city had them and has them no longer (漏报).
    #[serde(default)]
    pub missing: u64,
    /// The city has them and we have not (多报).
    #[serde(default)]
    pub surplus: u64,
    /// Records that wait to be told, or were told and are not acknowledged (在途): that they differ is no error.
    #[serde(default)]
    pub under_way: u64,
    /// Records that the city has refused (挂起): that they differ is known, and waits for a person.
    #[serde(default)]
    pub parked: u64,
    /// Since when the oldest of those under way waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Moment>,
}

/// What is known of a record before both sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is under way, since then.
    UnderWay(Moment),
    /// The city has refused it.
    Parked,
}

impl Line {
    /// A data set in which both sides have so many records.
    pub fn of(count: u64) -> Self {
        Self { ours: count, theirs: count, ..Self::default() }
    }

    /// Counts a record of ours that does not fit the city's form, so that the city cannot have it as it is.
    pub const fn count_unfit(&mut self) {
        self.ours = self.ours.saturating_add(1);
    }

    /// Counts a record of which something is known.
    pub fn count_known(&mut self, known: Known) {
        match known {
            Known::UnderWay(since) => {
                self.under_way = self.under_way.saturating_add(1);
                self.waiting_since = Some(self.waiting_since.map_or(since, |oldest| oldest.min(since)));
            }
            Known::Parked => self.parked = self.parked.saturating_add(1),
        }
    }

    /// Counts a record that differs; one of which something is known is no error.
    pub const fn count(&mut self, discrepancy: Discrepancy, is_known: bool) {
        match discrepancy {
            Discrepancy::Unreported | Discrepancy::Missing => self.theirs = self.theirs.saturating_sub(1),
            Discrepancy::Surplus => self.theirs = self.theirs.saturating_add(1),
            Discrepancy::Wrong => {}
        }
        if is_known {
            return;
        }
        let counted = match discrepancy {
            Discrepancy::Unreported => &mut self.unreported,
            Discrepancy::Wrong => &mut self.wrong,
            Discrepancy::Missing => &mut self.missing,
            Discrepancy::Surplus => &mut self.surplus,
        };
        *counted = counted.saturating_add(1);
    }

    /// Takes note of a record that differed when it was listed, and does not any more.
    pub const fn settle(&mut self, discrepancy: Discrepancy) {
        let change: i64 = match discrepancy {
            Discrepancy::Unreported | Discrepancy::Missing => -1,
            Discrepancy::Surplus => 1,
            Discrepancy::Wrong => 0,
        };
        self.ours = self.ours.saturating_add_signed(change);
        self.theirs = self.theirs.saturating_add_signed(change);
    }

    /// Records that differ and should not.
    pub const fn differences(&self) -> u64 {
        self.unreported.saturating_add(self.wrong).saturating_add(self.missing).saturating_add(self.surplus)
    }
}

/// What came of comparing a school's records with the city's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The school.
    pub school: SchoolCode,
    /// When they were compared.
    pub at: Moment,
    /// Each data set in which somebody has something.
    pub lines: BTreeMap<Dataset, Line>,
}

impl Owned for Statement {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

impl Statement {
    /// Records that differ and should not.
    pub fn differences(&self) -> u64 {
        self.lines.values().fold(0, |sum, line| sum.saturating_add(line.differences()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d5_1_k7_2_the_citys_count_follows_from_ours_and_what_differs() {
        let mut line = Line::of(10);
        for discrepancy in [Discrepancy::Unreported, Discrepancy::Missing, Discrepancy::Wrong, Discrepancy::Surplus] {
            line.count(discrepancy, false);
        }
        line.count(Discrepancy::Unreported, true);
        assert_eq!((line.ours, line.theirs, line.differences(), line.under_way), (10, 8, 4, 0));
        let mut moved = Line::of(10);
        for discrepancy in [Discrepancy::Missing, Discrepancy::Surplus, Discrepancy::Wrong, Discrepancy::Surplus] {
            moved.settle(discrepancy);
        }
        assert_eq!((moved.ours, moved.theirs, moved.differences()), (11, 11, 0), "changed while it was compared");
        let lines = BTreeMap::from([(Dataset::Class, line), (Dataset::Student, Line::of(3))]);
        let statement = Statement { school: "3144200101".parse().unwrap(), at: Moment::from_seconds(0), lines };
        assert_eq!(statement.differences(), 4);
    }

    #[test]
    fn d5_1_what_waits_and_what_is_parked_are_told_apart_and_the_oldest_is_known() {
        let (mut line, at) = (Line::of(2), Moment::from_seconds);
        for known in [Known::UnderWay(at(70)), Known::Parked, Known::UnderWay(at(50)), Known::UnderWay(at(60))] {
            line.count_known(known);
        }
        line.count_unfit();
        assert_eq!((line.under_way, line.parked, line.waiting_since), (3, 1, Some(at(50))));
        assert_eq!((line.ours, line.theirs, line.differences()), (3, 2, 0), "what is known is no error");
    }
}
