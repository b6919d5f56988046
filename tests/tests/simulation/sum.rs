//! What schedules came to, one and many.

use std::collections::BTreeMap;
use std::fmt;

/// What a schedule came to.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) promises: Result<(), String>,
    pub(crate) hash: u64,
    pub(crate) figures: Figures,
    pub(crate) trace: Vec<String>,
}

/// How often what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Figures(BTreeMap<&'static str, u64>);

impl Figures {
    pub(crate) fn add(&mut self, what: &'static str, times: u64) {
        *self.0.entry(what).or_default() += times;
    }

    pub(crate) fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    fn join(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            self.add(what, *times);
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<String> = self.0.iter().map(|(what, times)| format!("{times} {what}")).collect();
        formatter.write_str(&told.join(", "))
    }
}

/// What many schedules came to.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    pub(crate) schedules: u64,
    pub(crate) figures: Figures,
    pub(crate) broken: Option<(u64, String)>,
}

impl Sum {
    pub(crate) fn add(&mut self, seed: u64, told: Told) {
        self.schedules += 1;
        self.figures.join(&told.figures);
        for line in told.trace {
            println!("{line}");
        }
        if let (Err(broken), None) = (told.promises, &self.broken) {
            self.broken = Some((seed, broken));
        }
    }
}
