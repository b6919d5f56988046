//! The data set of the demo (示例数据), read as a clerk would read it: files, pupils, guardians.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::id::GuardianId;
use domain::import::{Keys as _, Row};
use edge::blind::Blind;
use sheet::Limits;

use crate::failure::{Failure, Outcome};
use crate::sign_in::Login;

/// What is imported, in the order in which one file refers to another.
pub const KINDS: [&str; 9] = [
    "organizations",
    "schools",
    "homerooms",
    "students",
    "guardians",
    "specifications",
    "terms",
    "courses",
    "offerings",
];

/// The term of the data set.
pub const TERM: &str = "2026-2027-1";

/// A file of the data set.
pub fn file(name: &str) -> Outcome<Vec<u8>> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../events/import")).join(name);
    std::fs::read(&path).map_err(|error| Failure::of(path.display(), &error))
}

/// A pupil in the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pupil {
    /// The school's code.
    pub school: String,
    /// The grade as it is written: 三年级.
    pub grade: String,
    /// Whether something is waived.
    pub waived: bool,
}

/// A guardian in the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// The guardian's identifier at the platform.
    pub guardian: GuardianId,
    /// The guardian's name.
    pub name: String,
    /// The guardian's phone.
    pub phone: String,
    /// The children.
    pub children: Vec<Pupil>,
}

impl Household {
    /// How the guardian signs in.
    pub fn login(&self) -> Login {
        Login::guardian(&self.name, &self.phone, format!("家长{}", self.name))
    }
}

/// All households, by phone.
pub fn households() -> Outcome<Vec<Household>> {
    let pupils: BTreeMap<String, Pupil> = rows("students.xlsx")?
        .iter()
        .map(|row| {
            let pupil = Pupil {
                school: cell(row, "学校标识码"),
                grade: cell(row, "年级"),
                waived: !cell(row, "减免原因").is_empty(),
            };
            (cell(row, "学籍号"), pupil)
        })
        .collect();
    let keys = keys()?;
    let mut households: BTreeMap<String, Household> = BTreeMap::new();
    for row in &rows("guardians.xlsx")? {
        let phone = cell(row, "手机号");
        let household = households.entry(phone).or_insert_with_key(|phone| Household {
            guardian: keys.guardian(phone),
            name: cell(row, "家长姓名"),
            phone: phone.clone(),
            children: Vec::new(),
        });
        household.children.extend(pupils.get(&cell(row, "学籍号")).cloned());
    }
    Ok(households.into_values().collect())
}

/// The merchant numbers of the schools, by the schools' codes.
pub fn merchants() -> Outcome<BTreeMap<String, String>> {
    Ok(rows("schools.xlsx")?.iter().map(|row| (cell(row, "学校标识码"), cell(row, "微信商户号"))).collect())
}

/// The key of the blind index in the local cloud: who knows it knows under which identifier a phone signs in.
fn keys() -> Outcome<Blind> {
    let secrets = simulator::secrets();
    let secret = secrets.get("blind").map(ToString::to_string).unwrap_or_default();
    Blind::read(&secret).map_err(|error| Failure::of("blind key", &error))
}

/// The rows of a file by their headings.
fn rows(name: &str) -> Outcome<Vec<BTreeMap<String, String>>> {
    let table = sheet::read(&file(name)?, &Limits::default()).map_err(|error| Failure::of(name, &error))?;
    let (heading, rows) = table.split().ok_or_else(|| Failure(format!("{name} is empty")))?;
    let named = |row: &Row| {
        let title = |(column, title): (usize, &domain::import::Cell)| (title.to_string(), row.cell(column).to_string());
        heading.cells.iter().enumerate().map(title).collect()
    };
    Ok(rows.iter().map(named).collect())
}

fn cell(row: &BTreeMap<String, String>, title: &str) -> String {
    row.get(title).cloned().unwrap_or_default()
}
