//! Census (审计完整性): whether every version of every thing has exactly one entry, and no entry speaks of a version that
//! there is not. P9.

use std::collections::BTreeMap;

use super::{Entry, Trace};

/// A thing as it stands in its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What its entries call it.
    pub thing: String,
    /// Its version.
    pub version: u64,
    /// Whether each of its versions must have an entry; else some are no act of anybody.
    pub every: bool,
    /// Entries that it still carries with it.
    pub carried: Vec<Trace>,
    /// SHA-256 of its content, as entries tell it.
    pub content: String,
}

/// What is missing or too much.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    /// A version has no entry.
    #[error("{thing} 的第 {version} 版没有审计记录")]
    Missing {
        /// What it is about.
        thing: String,
        /// The version.
        version: u64,
    },
    /// A version has more than one entry.
    #[error("{thing} 的第 {version} 版有多条审计记录")]
    Twice {
        /// What it is about.
        thing: String,
        /// The version.
        version: u64,
    },
    /// An entry speaks of a version that there is not.
    #[error("{thing} 没有第 {version} 版, 却有审计记录")]
    Unknown {
        /// What it is about.
        thing: String,
        /// The version.
        version: u64,
    },
    /// A thing is not what its last entry says it became.
    #[error("{thing} 的内容与第 {version} 版的审计记录不符")]
    Altered {
        /// What it is about.
        thing: String,
        /// Its version.
        version: u64,
    },
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Things that stand in their tables.
    pub things: u64,
    /// Their versions, each with its entry.
    pub versions: u64,
    /// Entries of acts that changed nothing.
    pub events: u64,
}

/// The entries of a thing: its versions, with the content of the last.
#[derive(Debug, Default)]
struct Told {
    versions: Vec<u64>,
    last: Option<(u64, Option<String>)>,
}

/// Counts entries first, then the things they speak of.
#[derive(Debug, Default)]
pub struct Census {
    told: BTreeMap<String, Told>,
    counted: Counted,
}

impl Census {
    /// Counts an entry.
    pub fn entry(&mut self, entry: &Entry) {
        self.trace(&entry.thing, &entry.trace);
    }

    fn trace(&mut self, thing: &str, trace: &Trace) {
        if trace.version == 0 {
            self.counted.events = self.counted.events.saturating_add(1);
            return;
        }
        let told = self.told.entry(thing.to_owned()).or_default();
        told.versions.push(trace.version);
        if told.last.as_ref().is_none_or(|(version, _)| *version <= trace.version) {
            told.last = Some((trace.version, trace.after.clone()));
        }
    }

    /// Holds a thing against its entries; all of them must have been counted.
    pub fn standing(&mut self, standing: &Standing) -> Result<(), Gap> {
        let Standing { thing, version, every, carried, content } = standing;
        for trace in carried {
            self.trace(thing, trace);
        }
        let mut told = self.told.remove(thing).unwrap_or_default();
        told.versions.sort_unstable();
        let at = |version: u64| (thing.clone(), version);
        for pair in told.versions.windows(2) {
            if let [one, other] = pair
                && one == other
            {
                let (thing, version) = at(*one);
                return Err(Gap::Twice { thing, version });
            }
        }
        if let Some(beyond) = told.versions.iter().find(|found| **found > *version) {
            let (thing, version) = at(*beyond);
            return Err(Gap::Unknown { thing, version });
        }
        if *every && let Some(missing) = (1..=*version).find(|wanted| told.versions.binary_search(wanted).is_err()) {
            let (thing, version) = at(missing);
            return Err(Gap::Missing { thing, version });
        }
        if let Some((last, Some(after))) = told.last
            && last == *version
            && after != *content
        {
            let (thing, version) = at(last);
            return Err(Gap::Altered { thing, version });
        }
        self.counted.things = self.counted.things.saturating_add(1);
        let versions = u64::try_from(told.versions.len()).unwrap_or(u64::MAX);
        self.counted.versions = self.counted.versions.saturating_add(versions);
        Ok(())
    }

    /// Ends: nothing may be left of which an entry speaks.
    pub fn end(self) -> Result<Counted, Gap> {
        match self.told.into_iter().next() {
            Some((thing, told)) => {
                let version = told.versions.first().copied().unwrap_or_default();
                Err(Gap::Unknown { thing, version })
            }
            None => Ok(self.counted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Actor;
    use super::*;
    use crate::time::Moment;

    fn trace(version: u64) -> Trace {
        let after = Some(format!("h{version}"));
        Trace { actor: Actor::system("t"), action: "t.t".to_owned(), at: Moment::from_seconds(0), version, after }
    }

    fn counted(versions: &[u64], standing: u64, carried: &[u64]) -> Result<Counted, Gap> {
        let mut census = Census::default();
        for version in versions {
            let (place, commit) = (format!("V#{version}"), String::new());
            census.entry(&Entry { thing: "a".to_owned(), place, commit, trace: trace(*version) });
        }
        let carried = carried.iter().map(|version| trace(*version)).collect();
        let content = format!("h{standing}");
        census.standing(&Standing { thing: "a".to_owned(), version: standing, every: true, carried, content })?;
        census.end()
    }

    #[test]
    fn p9_every_version_has_one_entry_and_every_entry_its_version() {
        let thing = || "a".to_owned();
        assert_eq!(counted(&[1, 2], 3, &[3]), Ok(Counted { things: 1, versions: 3, events: 0 }));
        assert_eq!(counted(&[1, 3], 3, &[]), Err(Gap::Missing { thing: thing(), version: 2 }));
        assert_eq!(counted(&[1, 2], 3, &[]), Err(Gap::Missing { thing: thing(), version: 3 }));
        assert_eq!(counted(&[1, 2, 2], 2, &[]), Err(Gap::Twice { thing: thing(), version: 2 }));
        assert_eq!(counted(&[1, 2], 2, &[2]), Err(Gap::Twice { thing: thing(), version: 2 }));
        assert_eq!(counted(&[1, 2, 3], 2, &[]), Err(Gap::Unknown { thing: thing(), version: 3 }));
    }

    #[test]
    fn p9_a_thing_that_was_altered_or_taken_away_is_found() {
        let thing = || "a".to_owned();
        let mut census = Census::default();
        let entry =
            |version| Entry { thing: thing(), place: String::new(), commit: String::new(), trace: trace(version) };
        census.entry(&entry(1));
        let content = "another".to_owned();
        let standing = Standing { thing: thing(), version: 1, every: true, carried: Vec::new(), content };
        assert_eq!(census.standing(&standing), Err(Gap::Altered { thing: thing(), version: 1 }));
        let mut census = Census::default();
        census.entry(&entry(1));
        assert_eq!(census.end(), Err(Gap::Unknown { thing: thing(), version: 1 }));
    }

    #[test]
    fn p9_some_versions_of_some_things_are_no_act() {
        let mut census = Census::default();
        let every = false;
        let standing =
            Standing { thing: "i".to_owned(), version: 9, every, carried: vec![trace(1)], content: String::new() };
        assert_eq!(census.standing(&standing), Ok(()));
        assert_eq!(census.end(), Ok(Counted { things: 1, versions: 1, events: 0 }));
    }
}
