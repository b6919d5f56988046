//! Who is brought in: sheets of pupils and guardians with names that stand nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use domain::import::{Cell, Table};
use sheet::{Heading, Limits, Sheet};

/// Pupils that are brought in, all in one homeroom.
const PUPILS: usize = 6;

pub(crate) fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../events/import/{name}.xlsx", env!("CARGO_MANIFEST_DIR"))).expect(name)
}

fn table(name: &str) -> Table {
    sheet::read(&file(name), &Limits::default()).expect("a sheet")
}

fn written(heading: &[Cell], rows: Vec<Vec<Cell>>) -> Vec<u8> {
    sheet::write_xlsx(&Sheet {
        name: "导入".into(),
        created: jiff::civil::date(2026, 8, 1),
        headings: heading.iter().map(|cell| Heading::plain(cell.to_string())).collect(),
        rows,
    })
    .expect("a sheet")
}

/// Sheets of pupils and guardians, with names that stand nowhere else, and all that must not be found.
pub(crate) struct People {
    pub(crate) students: Vec<u8>,
    pub(crate) guardians: Vec<u8>,
    pub(crate) faulty: [(&'static str, Vec<u8>); 2],
    pub(crate) canaries: BTreeSet<String>,
    pub(crate) names: BTreeSet<String>,
}

pub(crate) fn people() -> People {
    let (students, guardians) = (table("students"), table("guardians"));
    let (heading, rows) = students.split().expect("pupils");
    let mut canaries = BTreeSet::new();
    let mut names = BTreeSet::new();
    let family = ["罕", "翯", "龘", "靐", "齉", "爩"];
    let mut pupils: Vec<Vec<Cell>> = rows.iter().take(PUPILS).map(|row| row.cells.clone()).collect();
    for (pupil, family) in pupils.iter_mut().zip(family) {
        pupil[2] = Cell::Text(format!("{family}雀金丝"));
        names.insert(pupil[2].to_string());
        canaries.extend([pupil[1].to_string(), pupil[2].to_string()]);
    }
    let numbers: BTreeSet<String> = pupils.iter().map(|pupil| pupil[1].to_string()).collect();
    let (links, rows) = guardians.split().expect("guardians");
    let mut christened: BTreeMap<String, String> = BTreeMap::new();
    let mut linked: Vec<Vec<Cell>> =
        rows.iter().filter(|row| numbers.contains(&row.cell(2).to_string())).map(|row| row.cells.clone()).collect();
    for link in &mut linked {
        let next = format!(
            "罕见姓名{}",
            ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸", "子", "丑"][christened.len()]
        );
        let name = christened.entry(link[0].to_string()).or_insert(next);
        link[1] = Cell::Text(name.clone());
        canaries.extend([link[0].to_string(), name.clone()]);
    }
    assert!(linked.len() >= PUPILS, "every pupil has a guardian");
    // Whatever a clerk gets wrong: names with figures, numbers one figure too long, a row twice, a guardian by two names.
    let spoilt = |row: &[Cell], column: usize, with: &str| {
        let mut row = row.to_vec();
        row[column] = Cell::Text(format!("{}{with}", row[column]));
        row
    };
    let wrong_pupils =
        vec![spoilt(&pupils[0], 2, "7"), spoilt(&pupils[1], 1, "7"), pupils[2].clone(), pupils[2].clone()];
    let wrong_links =
        vec![linked[0].clone(), spoilt(&linked[0], 1, "氏"), spoilt(&linked[1], 0, "7"), spoilt(&linked[1], 2, "7")];
    People {
        faulty: [
            ("students", written(&heading.cells, wrong_pupils)),
            ("guardians", written(&links.cells, wrong_links)),
        ],
        students: written(&heading.cells, pupils),
        guardians: written(&links.cells, linked),
        canaries,
        names,
    }
}
