//! The table (自检结果): what passes, and what is the matter where something does not.

use std::fmt;

/// What came of one look at one data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// As agreed upon (通过).
    Passed,
    /// Otherwise (不通过).
    Failed(String),
    /// There is nothing to look at (不适用).
    Nothing,
}

impl Cell {
    /// Passed without complaint, failed with the first one.
    pub(crate) fn of(complaint: Option<String>) -> Self {
        complaint.map_or(Self::Passed, Self::Failed)
    }
}

/// The whole table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    rows: Vec<(&'static str, Vec<(&'static str, Cell)>)>,
}

impl Report {
    pub(crate) fn note(&mut self, set: &'static str, look: &'static str, cell: Cell) {
        match self.rows.iter_mut().find(|(name, _)| *name == set) {
            Some((_, cells)) => cells.push((look, cell)),
            None => self.rows.push((set, vec![(look, cell)])),
        }
    }

    /// Whether everything passes.
    pub fn passes(&self) -> bool {
        self.rows.iter().all(|(set, _)| self.passes_for(set))
    }

    /// Whether everything passes of one data set.
    pub fn passes_for(&self, set: &str) -> bool {
        let cells = self.rows.iter().filter(|(name, _)| *name == set).flat_map(|(_, cells)| cells);
        cells.fold(None, |all, (_, cell)| Some(all.unwrap_or(true) && !matches!(cell, Cell::Failed(_)))) == Some(true)
    }

    /// How many data sets there are.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing was looked at.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Everything that does not pass: data set, look, and what is the matter.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        self.rows.iter().flat_map(|(set, cells)| {
            cells.iter().filter_map(|(look, cell)| match cell {
                Cell::Failed(reason) => Some((*set, *look, reason.as_str())),
                Cell::Passed | Cell::Nothing => None,
            })
        })
    }
}

/// One line for each data set, then what is the matter.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (set, cells) in &self.rows {
            let verdict = if self.passes_for(set) { "通过" } else { "不通过" };
            write!(f, "{verdict}\t{set}\t")?;
            for (look, cell) in cells {
                let mark = match cell {
                    Cell::Passed => "✓",
                    Cell::Failed(_) => "✗",
                    Cell::Nothing => "—",
                };
                write!(f, " {look}{mark}")?;
            }
            writeln!(f)?;
        }
        for (set, look, reason) in self.failures() {
            writeln!(f, "{set} · {look}: {reason}")?;
        }
        Ok(())
    }
}
