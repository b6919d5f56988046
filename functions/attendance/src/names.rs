//! Names of the pupils of a class, masked: whoever has reached the class has to tell them apart.

use std::collections::BTreeMap;

use domain::access::Guarded;
use domain::id::StudentId;
use edge::App;
use store::StoreError;

/// The masked names of the pupils of a class that the caller has reached.
pub(crate) async fn names(app: &App, pupils: &[StudentId]) -> Result<BTreeMap<StudentId, String>, StoreError> {
    let students = app.store().open_students_of(pupils.to_vec()).await?;
    let open = students.into_iter().map(Guarded::unguarded);
    Ok(open.map(|student| (student.value.pupil.id.clone(), student.value.name.masked_name())).collect())
}
