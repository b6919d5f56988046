//! What is counted of one pupil, for the guardians and for the school: one look at the rolls, whatever there is to see.

use std::collections::BTreeMap;

use domain::access::may;
use domain::id::StudentId;
use domain::teaching::counted::{Of, Wanted};
use domain::teaching::grouped::{By, Group, Homerooms};
use domain::teaching::hours::Hours;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::parse;
use edge::{App, Caller};

use crate::asked::{Asked, WhichOfPerson};
use crate::counting::{Counting, Ground, join};
use crate::labels::{Label, labels};

/// The groups of a pupil whom the caller reaches, with what they are called, and all of them together.
pub(crate) async fn count<T>(
    app: &App,
    caller: &Caller,
    student: &str,
    which: WhichOfPerson,
    row: impl Fn((&Group, &Hours), Label) -> T,
) -> Outcome<(Wanted, Hours, Vec<T>)> {
    let granted = caller.ask::<may::ViewAttendance>(app).await?;
    let student: StudentId = parse("student_id", student)?;
    let pupil = app.store().pupil(&student).await?.and_then(|found| found.within(&granted));
    let school = pupil.ok_or(AccessError::NotFound)?.value.school;
    let Asked { by, mut wanted, .. } = Asked::read(&which.into(), (Of::Pupils, By::All), app.now().day())?;
    // The child alone is no question of who it is.
    let by = if by == By::Person || by == By::Homeroom { By::All } else { by };
    wanted.pupils = Some([student.clone()].into());
    let (mut groups, mut names) = (BTreeMap::new(), BTreeMap::new());
    for ground in &Ground::touched(app, &school, (wanted.from, wanted.until)).await? {
        let own = ground.classes.of_pupil(&student);
        let counting = Counting::read(app, &ground.term, own, &wanted).await?;
        let found = counting.hours(Of::Pupils, by, &Homerooms::new());
        names.extend(labels(app, ground, &[], found.keys()).await?);
        join(&mut groups, found);
    }
    let total = groups.values().fold(Hours::default(), |sum, hours| sum.plus(*hours));
    let items = groups.iter().map(|one| row(one, names.remove(one.0).unwrap_or_default())).collect();
    Ok((wanted, total, items))
}
