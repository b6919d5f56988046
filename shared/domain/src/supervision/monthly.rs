//! Monthly report of agreement (月度核对报告): what a month of comparing a school with the city came to, as a text that is
//! signed once and never changed. K7.2, promise P9.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::agreement::Discrepancy;
use super::dataset::Dataset;
use super::findings::{Findings, Found};
use super::holding::Parked;
use super::resend::Name;
use super::statement::{Line, Statement};
use crate::access::{Owned, Owner};
use crate::id::SchoolCode;
use crate::settlement::Month;
use crate::snapshot::Snapshot;

/// Records that are still open which are named; the others are counted.
const NAMED: usize = 200;
/// Reasons of parking that are told apart; the others are counted together.
const REASONS: usize = 50;

/// What the books say of a month.
#[derive(Debug, Clone, Copy)]
pub struct MonthFacts<'a> {
    /// The school.
    pub school: &'a SchoolCode,
    /// The month.
    pub month: Month,
    /// What came of each day, in their order; a day that was compared twice tells the later.
    pub statements: &'a [Statement],
    /// What each comparison found, in their order.
    pub findings: &'a [Findings],
    /// What is parked when the report is made.
    pub parked: &'a [(Dataset, Parked)],
}

/// A report with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedReport {
    /// The school.
    pub school: SchoolCode,
    /// The month.
    pub month: Month,
    /// What it says: canonical JSON.
    pub body: String,
    /// SHA-256 of it.
    pub hash: String,
    /// ECDSA over P-256 with SHA-256 of the body, DER, base 64.
    pub signature: String,
    /// The public half of the key, DER, base 64.
    pub public_key: String,
    /// Records that were wrong and nobody knew.
    pub found: u64,
    /// Of those, records that still were at the month's end.
    pub open: u64,
}

impl Owned for SignedReport {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

/// A report before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its text and the hash of it.
    pub text: Snapshot,
    /// Records that were wrong and nobody knew.
    pub found: u64,
    /// Of those, records that still were at the month's end.
    pub open: u64,
}

/// What a month came to; the same facts make the same text.
pub fn report(facts: MonthFacts<'_>) -> Report {
    let MonthFacts { school, month, statements, findings, parked } = facts;
    let compared: BTreeSet<Date> = statements.iter().map(|statement| statement.at.day()).collect();
    let missed = days(month).filter(|day| !compared.contains(day)).map(|day| day.to_string());
    let missed: Vec<String> = missed.collect();
    let last = statements.last();
    let news = |findings: &Findings| -> BTreeSet<Name> {
        let news = findings.items.iter().filter(|found| found.handling.is_news());
        news.map(|found| (found.dataset, found.source_id.clone())).collect()
    };
    let found: BTreeSet<Name> = findings.iter().flat_map(news).collect();
    let open = findings.last().map(news).unwrap_or_default();
    let left_out = findings.iter().fold(0u64, |sum, one| sum.saturating_add(one.left_out));
    let (found, still_open) = (count(found.len()), count(open.len()));
    let text = Snapshot::of(&json!({
        "kind": "agreement_month",
        "school": school.as_str(),
        "month": month.to_string(),
        "days_compared": compared.len(),
        "days_missed": missed,
        "last_compared_at": last.map(|statement| statement.at.to_string()),
        "datasets": last.map(|statement| lines(&statement.lines)).unwrap_or_default(),
        "found": found,
        "found_by_kind": by_kind(findings),
        "repaired": found.saturating_sub(still_open),
        "open": still_open,
        "open_records": findings.last().map(named).unwrap_or_default(),
        "known_and_not_listed": left_out,
        "parked": reasons(parked),
    }));
    Report { text, found, open: still_open }
}

fn days(month: Month) -> impl Iterator<Item = Date> {
    let last = month.last();
    std::iter::successors(Some(month.first()), |day| day.checked_add(1.day()).ok()).take_while(move |day| *day <= last)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn lines(lines: &BTreeMap<Dataset, Line>) -> Vec<Value> {
    let of = |(dataset, line): (&Dataset, &Line)| {
        json!({
            "dataset": dataset.to_string(), "title": dataset.chinese(), "ours": line.ours, "theirs": line.theirs,
            "unreported": line.unreported, "wrong": line.wrong, "missing": line.missing, "surplus": line.surplus,
            "under_way": line.under_way, "parked": line.parked,
        })
    };
    lines.iter().map(of).collect()
}

/// How many records differed in each way, each counted once in each way.
fn by_kind(findings: &[Findings]) -> BTreeMap<String, usize> {
    let mut kinds: BTreeMap<Discrepancy, BTreeSet<(Dataset, &str)>> = BTreeMap::new();
    for found in findings.iter().flat_map(|one| &one.items).filter(|found| found.handling.is_news()) {
        kinds.entry(found.discrepancy).or_default().insert((found.dataset, found.source_id.as_str()));
    }
    kinds.into_iter().map(|(kind, records)| (kind.to_string(), records.len())).collect()
}

fn named(findings: &Findings) -> Vec<Value> {
    let of = |found: &Found| {
        json!({
            "dataset": found.dataset.to_string(), "source_id": found.source_id.as_str(),
            "discrepancy": found.discrepancy.to_string(), "handling": found.handling.to_string(),
        })
    };
    findings.items.iter().filter(|found| found.handling.is_news()).take(NAMED).map(of).collect()
}

fn reasons(parked: &[(Dataset, Parked)]) -> Vec<Value> {
    let mut counted: BTreeMap<(Dataset, &str, &str), u64> = BTreeMap::new();
    for (dataset, parked) in parked {
        let records = counted.entry((*dataset, &parked.code, &parked.reason)).or_default();
        *records = records.saturating_add(1);
    }
    let mut all: Vec<_> = counted.into_iter().collect();
    // The most frequent first; the sort keeps the order of the others.
    all.sort_by_key(|(_, records)| std::cmp::Reverse(*records));
    let rest = all.split_off(all.len().min(REASONS));
    let of = |((dataset, code, reason), records): ((Dataset, &str, &str), u64)| json!({"dataset": dataset.to_string(), "code": code, "reason": reason, "records": records});
    let mut shown: Vec<Value> = all.into_iter().map(of).collect();
    let others = rest.into_iter().fold(0u64, |sum, (_, records)| sum.saturating_add(records));
    if others > 0 {
        shown.push(json!({"dataset": null, "code": "others", "reason": "其他原因", "records": others}));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervision::findings::Handling;
    use crate::time::Moment;

    fn school() -> SchoolCode {
        "3144200101".parse().unwrap()
    }

    fn on(day: i8) -> Moment {
        Moment::parse(&format!("2026-09-{day:02}T01:10:00+08:00")).unwrap()
    }

    fn statement(day: i8, ours: u64) -> Statement {
        Statement { school: school(), at: on(day), lines: BTreeMap::from([(Dataset::Student, Line::of(ours))]) }
    }

    fn findings(day: i8, ids: &[(&str, Handling)]) -> Findings {
        let found = |(id, handling): &(&str, Handling)| Found {
            dataset: Dataset::Student,
            source_id: id.parse().unwrap(),
            discrepancy: Discrepancy::Missing,
            handling: *handling,
            ours: Some(1),
            theirs: None,
        };
        Findings::of(school(), on(day), ids.iter().map(found).collect())
    }

    fn of_month(statements: &[Statement], findings: &[Findings]) -> (Report, Value) {
        let parked = |reason: &str| {
            let parked = Parked { code: "1004".to_owned(), reason: reason.to_owned(), hash: None, at: on(2) };
            (Dataset::Payment, parked)
        };
        let parked = [parked("金额不一致"), parked("学生不存在"), parked("金额不一致")];
        let month = "2026-09".parse().unwrap();
        let report = report(MonthFacts { school: &school(), month, statements, findings, parked: &parked });
        let said = serde_json::from_str(&report.text.body).unwrap();
        (report, said)
    }

    #[test]
    fn k7_2_a_month_tells_what_was_compared_found_mended_and_left() {
        let statements = [statement(1, 40), statement(2, 41), statement(30, 42)];
        let all = [
            findings(1, &[("S1", Handling::SentAgain), ("S2", Handling::SentAgain), ("S3", Handling::UnderWay)]),
            findings(2, &[("S2", Handling::SentAgain)]),
            findings(30, &[("S4", Handling::Foreign), ("S5", Handling::Parked)]),
        ];
        let (report, said) = of_month(&statements, &all);
        assert_eq!((report.found, report.open), (3, 1), "each record once, and what was known is no error");
        assert_eq!((&said["repaired"], &said["days_compared"]), (&json!(2), &json!(3)));
        assert_eq!(said["days_missed"].as_array().map(Vec::len), Some(27));
        assert_eq!((&said["datasets"][0]["ours"], &said["datasets"][0]["title"]), (&json!(42), &json!("学生")));
        assert_eq!(
            said["open_records"],
            json!([{
                "dataset": "student", "source_id": "S4", "discrepancy": "missing", "handling": "foreign",
            }])
        );
        assert_eq!(
            said["parked"][0],
            json!({
                "dataset": "payment", "code": "1004", "reason": "金额不一致", "records": 2,
            })
        );
        assert_eq!(of_month(&statements, &all).0, report, "the same facts make the same text");
        assert_ne!(of_month(&statements[..2], &all).0.text.hash, report.text.hash);
    }

    #[test]
    fn k7_2_a_month_in_which_nothing_was_compared_says_so() {
        let (report, said) = of_month(&[], &[]);
        assert_eq!((report.found, report.open, &said["last_compared_at"]), (0, 0, &Value::Null));
        assert_eq!((said["days_missed"].as_array().map(Vec::len), &said["datasets"]), (Some(30), &json!([])));
    }
}
