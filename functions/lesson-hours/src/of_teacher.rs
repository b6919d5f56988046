//! What a teacher counts of the own lessons, over all schools where the teacher works.

use std::collections::{BTreeMap, BTreeSet};

use domain::access::may;
use domain::id::SchoolCode;
use domain::teaching::counted::{Of, Wanted};
use domain::teaching::grouped::{By, Group, Homerooms};
use domain::teaching::hours::Hours;
use edge::app::Outcome;
use edge::{App, Caller};

use crate::asked::{Asked, WhichOfPerson};
use crate::counting::{Counting, Ground, join};
use crate::labels::{Label, labels};

/// The terms that some days touch, of the schools where a caller works: who oversees many schools teaches at none.
pub(crate) async fn grounds(app: &App, caller: &Caller, wanted: &Wanted) -> Outcome<Vec<Ground>> {
    let granted = caller.ask::<may::ViewAttendance>(app).await?;
    let at: BTreeSet<&SchoolCode> = caller.grants.iter().filter_map(|grant| grant.scope.school()).collect();
    let mut found = Vec::new();
    for school in at.into_iter().filter(|school| granted.covers_school(school)) {
        found.extend(Ground::touched(app, school, (wanted.from, wanted.until)).await?);
    }
    Ok(found)
}

/// The caller's own groups with what they are called, and all of them together.
pub(crate) async fn count<T>(
    app: &App,
    caller: &Caller,
    which: WhichOfPerson,
    row: impl Fn((&Group, &Hours), Label) -> T,
) -> Outcome<(Wanted, Hours, Vec<T>)> {
    let Asked { by, mut wanted, .. } = Asked::read(&which.into(), (Of::Teachers, By::All), app.now().day())?;
    wanted.teacher = Some(caller.id.clone());
    let (mut groups, mut names) = (BTreeMap::new(), BTreeMap::new());
    for ground in &grounds(app, caller, &wanted).await? {
        let own = ground.classes.taught_by(&caller.id);
        let counting = Counting::read(app, &ground.term, own, &wanted).await?;
        let found = counting.hours(Of::Teachers, by, &Homerooms::new());
        names.extend(labels(app, ground, &[], found.keys()).await?);
        join(&mut groups, found);
    }
    let total = groups.values().fold(Hours::default(), |sum, hours| sum.plus(*hours));
    let items = groups.iter().map(|one| row(one, names.remove(one.0).unwrap_or_default())).collect();
    Ok((wanted, total, items))
}
