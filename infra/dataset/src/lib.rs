//! The data set of the demo (示例数据): one township, four schools, about three thousand pupils. Every person, school
//! and provider in it is made up: phones are 1990000xxxx, areas of birth are 449999, which does not exist.

mod course;
mod fault;
mod file;
mod person;
mod place;

use domain::import::ImportKind;
use sheet::{Sheet, SheetError};

/// The same seed gives the same files to the last byte.
const SEED: u64 = 2026;

/// The files, by name.
pub fn files() -> Result<Vec<(String, Vec<u8>)>, SheetError> {
    let mut random = fastrand::Rng::with_seed(SEED);
    let homerooms = place::homerooms();
    let (pupils, guardians) = person::families(&homerooms, &mut random);
    let sheets = [
        (ImportKind::Organizations, place::organization_sheet()),
        (ImportKind::Schools, place::school_sheet()),
        (ImportKind::Homerooms, place::homeroom_sheet(&homerooms)),
        (ImportKind::Students, person::student_sheet(&pupils)),
        (ImportKind::Guardians, person::guardian_sheet(&guardians)),
        (ImportKind::Specifications, course::specification_sheet()),
        (ImportKind::Terms, course::term_sheet()),
        (ImportKind::Courses, course::course_sheet()),
        (ImportKind::Offerings, course::offering_sheet(&mut random)),
    ];
    let mut files = Vec::new();
    for (kind, sheet) in sheets {
        files.push((format!("{kind}.xlsx"), sheet::write_xlsx(&sheet)?));
        if matches!(kind, ImportKind::Guardians | ImportKind::Offerings) {
            files.push((format!("{kind}.csv"), sheet::write_csv(&sheet)?));
        }
    }
    let faulty: Sheet = fault::student_sheet(&pupils);
    files.push(("students-with-errors.xlsx".to_owned(), sheet::write_xlsx(&faulty)?));
    Ok(files)
}

#[cfg(test)]
mod tests;
