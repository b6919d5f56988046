//! The data set goes through the import as it stands in the repository.

use std::collections::BTreeMap;

use domain::import::{Checked, ImportKind, Keys, Known, Record, Table, check};
use sheet::Limits;

/// Stands in for the platform's keyed hash.
struct Plain;

impl Keys for Plain {
    fn keyed(&self, label: &str, text: &str) -> [u8; 32] {
        use sha2::Digest as _;
        sha2::Sha256::digest(format!("{label}:{text}")).into()
    }
}

fn table(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Table {
    sheet::read(&files[name], &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Everything that a good file adds to what is known.
fn learn(known: &mut Known, checked: Checked) {
    for row in checked.rows {
        match row.record {
            Record::Organization(it) => drop(known.organizations.insert(it.id.clone(), it)),
            Record::School(it) => drop(known.schools.insert(it.code.clone(), it)),
            Record::Homeroom(it) => known.add_homerooms([it]),
            Record::Student(it) => drop(known.students.insert(it.pupil.id, it.pupil.school)),
            Record::Specification(it) => drop(known.specifications.insert(it.code.clone(), it)),
            Record::Term(it) => drop(known.terms.insert((it.school.clone(), it.code.clone()), it)),
            Record::Course(it) => drop(known.courses.insert((it.school.clone(), it.code.clone()), it)),
            Record::Guardianship(_) | Record::Offering(_) | Record::Attendance(_) => {}
        }
    }
}

fn everything() -> (BTreeMap<String, Vec<u8>>, Known, BTreeMap<String, usize>) {
    let files: BTreeMap<String, Vec<u8>> = crate::files().unwrap().into_iter().collect();
    let mut known = Known::of(None);
    let mut counts = BTreeMap::new();
    for kind in [
        ImportKind::Organizations,
        ImportKind::Schools,
        ImportKind::Homerooms,
        ImportKind::Students,
        ImportKind::Guardians,
        ImportKind::Specifications,
        ImportKind::Terms,
        ImportKind::Courses,
        ImportKind::Offerings,
    ] {
        let read = table(&files, &format!("{kind}.xlsx"));
        let checked = check(kind, &read, &known, &Plain);
        assert_eq!((&checked.errors, &checked.ignored), (&vec![], &vec![]), "{kind}");
        if let Some(csv) = files.get(&format!("{kind}.csv")) {
            let from_csv = check(kind, &sheet::read(csv, &Limits::default()).unwrap(), &known, &Plain);
            assert_eq!(from_csv, checked, "{kind}: both files say the same");
        }
        counts.insert(kind.to_string(), checked.rows.len());
        learn(&mut known, checked);
    }
    (files, known, counts)
}

#[test]
fn the_data_set_is_good_and_of_the_size_it_should_be() {
    let (_, _, counts) = everything();
    assert_eq!((counts["organizations"], counts["schools"], counts["homerooms"]), (5, 4, 90));
    assert_eq!((counts["specifications"], counts["terms"], counts["courses"], counts["offerings"]), (12, 4, 60, 60));
    assert!((2_900..3_200).contains(&counts["students"]), "{counts:?}");
    assert!((4_300..4_800).contains(&counts["guardians"]), "{counts:?}");
}

#[test]
fn the_data_set_has_siblings_across_schools_and_rare_characters() {
    let (files, _, _) = everything();
    let students = table(&files, "students.xlsx");
    let school_of: BTreeMap<String, String> =
        students.rows.iter().map(|row| (row.cell(1).to_string(), row.cell(0).to_string())).collect();
    let names: String = students.rows.iter().map(|row| row.cell(2).to_string()).collect();
    for rare in ['𬭎', '㛃', '䶮', '𫖯', '𬱖'] {
        assert!(names.contains(rare), "{rare}");
    }
    for letter in ['G', 'J', 'L'] {
        assert!(school_of.keys().any(|number| number.starts_with(letter)), "{letter}");
    }
    let mut schools_by_phone: BTreeMap<String, std::collections::BTreeSet<&String>> = BTreeMap::new();
    for row in table(&files, "guardians.xlsx").rows.iter().skip(1) {
        schools_by_phone.entry(row.cell(0).to_string()).or_default().insert(&school_of[&row.cell(2).to_string()]);
    }
    assert!(schools_by_phone.values().filter(|schools| schools.len() > 1).count() > 100);
}

#[test]
fn each_planted_fault_is_found_and_nothing_else() {
    let (files, known, _) = everything();
    let faulty = table(&files, "students-with-errors.xlsx");
    let checked = check(ImportKind::Students, &faulty, &known, &Plain);
    let rows: Vec<u32> = checked.errors.iter().map(|error| error.row).collect();
    let expected: Vec<u32> = (3..=35).step_by(2).chain([36]).collect();
    assert_eq!(rows, expected, "{:#?}", checked.errors);
    assert_eq!((checked.rows.len(), checked.total), (17, 35));
}

#[test]
fn the_files_in_the_repository_are_these() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/import");
    for (name, bytes) in crate::files().unwrap() {
        let kept = std::fs::read(directory.join(&name)).unwrap_or_default();
        assert!(kept == bytes, "{name} is not what this program writes: run `cargo run -p dataset`");
    }
}
