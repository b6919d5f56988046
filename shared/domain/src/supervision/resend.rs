//! Sending again (重报): which records of a thing are sent to the city once more, whatever was said to it. B6.1 D5.1 K7.2.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::holding::{Held, Holding, Standing};
use super::source::SourceId;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{SchoolCode, TermCode};

/// Records of a selection at most, and things that are released in one call.
pub const MOST: usize = 200;

/// Why nothing is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "supervision/")]
pub enum SendAgainError {
    /// Nobody has ever tried to tell the city of it.
    #[error("该记录尚未上报过,无需重报;系统会在数据变更后自动上报")]
    NeverReported,
    /// Neither how records stand nor which, or both.
    #[error("请按上报状态或按业务编号二选一指定重报范围,业务编号一次 1 至 {MOST} 条")]
    NothingChosen,
}

impl Fault for SendAgainError {
    fn kind(&self) -> Kind {
        match self {
            Self::NeverReported => Kind::Refused,
            Self::NothingChosen => Kind::Invalid,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::NeverReported => Vec::new(),
            Self::NothingChosen => vec![Pointed { pointer: "/records".to_owned(), detail: self.to_string() }],
        }
    }
}

/// How the records of a selection stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Stands {
    /// The city has refused them (挂起).
    Parked,
    /// They differed when both sides were last compared (有差异).
    Differing,
    /// However they stand (全部).
    All,
}

/// A record's name.
pub type Name = (Dataset, SourceId);

/// Which records are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Those that stand so.
    Standing(Stands),
    /// These.
    Named(BTreeSet<Name>),
}

impl Which {
    /// Which are meant, if it is said in one way.
    pub fn of(stands: Option<Stands>, named: BTreeSet<Name>) -> Result<Self, SendAgainError> {
        match stands {
            Some(stands) if named.is_empty() => Ok(Self::Standing(stands)),
            None if (1..=MOST).contains(&named.len()) => Ok(Self::Named(named)),
            Some(_) | None => Err(SendAgainError::NothingChosen),
        }
    }
}

/// A selection of a school's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The school.
    pub school: SchoolCode,
    /// Of these data sets; none named: of all.
    pub datasets: BTreeSet<Dataset>,
    /// Of this term; none: whatever the term.
    pub term: Option<TermCode>,
    /// Which of them.
    pub which: Which,
}

impl Selection {
    /// One record of a school.
    pub fn one(school: SchoolCode, name: Name) -> Self {
        Self { school, datasets: BTreeSet::new(), term: None, which: Which::Named([name].into()) }
    }

    /// Whether a record is among them. Which of them differed is told by `differed`.
    fn chooses(&self, held: &Held, differed: &BTreeSet<Name>) -> bool {
        let name = || (held.dataset, held.source_id.clone());
        held.place.school == self.school
            && (self.datasets.is_empty() || self.datasets.contains(&held.dataset))
            && (self.term.is_none() || held.place.term == self.term)
            && match &self.which {
                Which::Standing(Stands::All) => true,
                Which::Standing(Stands::Parked) => held.standing() == Standing::Parked,
                Which::Standing(Stands::Differing) => differed.contains(&name()),
                Which::Named(named) => named.contains(&name()),
            }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resent {
    /// Records that are sent again.
    pub records: usize,
    /// Records that were to be sent again already.
    pub already: usize,
}

impl Holding {
    /// Has the chosen records of a thing sent again. Asked twice, it changes nothing the second time.
    pub fn send_chosen_again(&mut self, selection: &Selection, differed: &BTreeSet<Name>) -> Resent {
        let mut resent = Resent::default();
        for held in self.records.iter_mut().filter(|held| selection.chooses(held, differed)) {
            if held.again && held.parked.is_none() {
                resent.already = resent.already.saturating_add(1);
            } else {
                held.again = true;
                held.parked = None;
                resent.records = resent.records.saturating_add(1);
            }
        }
        resent
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holding() -> Holding {
        let at = |term: Option<&str>| json!({"school": "3144200101", "term": term});
        let said = json!({"v": 1, "h": "ab".repeat(16), "o": "upsert"});
        serde_json::from_value(json!({"rs": [
            {"d": "payment", "id": "P1", "at": at(Some("2026-2027-1")), "l": 1,
             "p": {"c": "1004", "r": "金额不一致", "t": 0}},
            {"d": "refund", "id": "P1-R1", "at": at(Some("2026-2027-1")), "l": 1,
             "a": {"s": said, "n": "R1", "t": 0}},
            {"d": "refund", "id": "P1-R2", "at": at(Some("2025-2026-2")), "l": 1,
             "a": {"s": said, "n": "R2", "t": 0}},
        ]}))
        .unwrap()
    }

    fn selection(which: Which) -> Selection {
        Selection { school: "3144200101".parse().unwrap(), datasets: BTreeSet::new(), term: None, which }
    }

    fn resent(selection: &Selection, differed: &[&str]) -> (Resent, Resent) {
        let differed = differed.iter().map(|id| (Dataset::Refund, id.parse().unwrap())).collect();
        let mut holding = holding();
        let once = holding.send_chosen_again(selection, &differed);
        let changed = holding.clone();
        let twice = holding.send_chosen_again(selection, &differed);
        assert_eq!(holding, changed, "the second time changes nothing");
        (once, twice)
    }

    #[test]
    fn d5_1_a_selection_is_sent_again_once() {
        let count = |records, already| Resent { records, already };
        let by = |stands| selection(Which::Standing(stands));
        // What was parked is so no more: asked again, there is nothing left to release.
        assert_eq!(resent(&by(Stands::Parked), &[]), (count(1, 0), count(0, 0)));
        assert_eq!(resent(&by(Stands::All), &[]), (count(3, 0), count(0, 3)));
        assert_eq!(resent(&by(Stands::Differing), &["P1-R2", "P9-R9"]), (count(1, 0), count(0, 1)));
        let refunds = Selection { datasets: [Dataset::Refund].into(), ..by(Stands::All) };
        assert_eq!(resent(&refunds, &[]).0, count(2, 0));
        let of_term = Selection { term: Some("2026-2027-1".parse().unwrap()), ..refunds };
        assert_eq!(resent(&of_term, &[]).0, count(1, 0));
        let elsewhere = Selection { school: "3144200102".parse().unwrap(), ..by(Stands::All) };
        assert_eq!(resent(&elsewhere, &[]).0, count(0, 0), "of another school");
        let named = selection(Which::Named([(Dataset::Refund, "P1-R1".parse().unwrap())].into()));
        assert_eq!(resent(&named, &[]), (count(1, 0), count(0, 1)));
    }

    #[test]
    fn d5_1_a_selection_is_told_in_one_way() {
        let names = |count: usize| (0..count).map(|n| (Dataset::Order, format!("O{n}").parse().unwrap())).collect();
        assert!(Which::of(Some(Stands::All), names(0)).is_ok() && Which::of(None, names(MOST)).is_ok());
        for (stands, count) in [(None, 0), (None, MOST + 1), (Some(Stands::Parked), 1)] {
            let refused = Which::of(stands, names(count));
            assert_eq!(refused, Err(SendAgainError::NothingChosen));
        }
        assert_eq!(SendAgainError::NothingChosen.pointed()[0].pointer, "/records");
        assert_eq!(SendAgainError::NeverReported.kind(), Kind::Refused);
    }
}
