//! The own family's data, gathered for its guardian. K3.

use domain::access::{Granted, may};
use domain::directory::{Guardian, Pupil, Student};
use domain::id::StudentId;
use domain::record::Order;
use edge::caller::AccessError;
use edge::{App, Caller, Problem};
use futures::future::try_join_all;
use store::{StoreError, Versioned, key};

use crate::desk_view::{HeldChild, HeldGuardian, LookView};

/// Looks that are shown of each person, the last ones.
const LOOKS: i32 = 50;

/// The caller as a guardian, with the proof of what belongs to it.
pub(crate) struct Desk {
    /// The proof.
    pub(crate) granted: Granted<may::OwnPrivacy>,
    /// The guardian.
    pub(crate) guardian: Versioned<Guardian>,
    /// The children, in the order in which they were linked.
    pub(crate) children: Vec<Pupil>,
}

impl Desk {
    /// The desk of the caller; nobody else has one.
    pub(crate) async fn of(app: &App, caller: &Caller) -> Result<Self, Problem> {
        let granted = caller.ask::<may::OwnPrivacy>(app).await?;
        let guardian = app.store().open_guardian(&caller.id).await?.and_then(|found| found.within(&granted));
        let guardian = guardian.ok_or(AccessError::NotFound)?;
        let pupils = try_join_all(guardian.value.children.iter().map(|child| app.store().pupil(child))).await?;
        // The pupil's own record has the last word on who its guardians are.
        let own = pupils.into_iter().flatten().filter_map(|found| found.within(&granted));
        let children = own.map(|found| found.value).collect();
        Ok(Self { granted, guardian, children })
    }

    /// The own child of that name.
    pub(crate) fn child(&self, id: &StudentId) -> Result<&Pupil, AccessError> {
        self.children.iter().find(|child| child.id == *id).ok_or(AccessError::NotFound)
    }

    /// What is held about the guardian.
    pub(crate) fn held(&self) -> HeldGuardian {
        let Guardian { id, name, phone, children: _ } = &self.guardian.value;
        HeldGuardian { person_id: id.to_string(), name: name.reveal().clone(), phone: phone.reveal().clone() }
    }

    /// What is held about each child.
    pub(crate) async fn held_children(&self, app: &App) -> Result<Vec<HeldChild>, Problem> {
        try_join_all(self.children.iter().map(|pupil| self.held_child(app, pupil))).await
    }

    async fn held_child(&self, app: &App, pupil: &Pupil) -> Result<HeldChild, Problem> {
        let opened = match app.store().open_student(&pupil.id).await {
            // The school has left, and the names with it.
            Err(StoreError::Shredded) => None,
            read => read?.and_then(|found| found.within(&self.granted)),
        };
        let student: Option<&Student> = opened.as_ref().map(|found| &found.value);
        let orders = orders_of(app, &self.granted, pupil).await?;
        Ok(HeldChild {
            student_id: pupil.id.to_string(),
            destroyed: student.is_none(),
            name: student.map(|student| student.name.reveal().clone()),
            student_number: student.map(|student| student.number.reveal().clone()),
            sex: pupil.sex.to_string(),
            school: pupil.school.to_string(),
            grade: pupil.grade,
            homeroom_id: pupil.homeroom.to_string(),
            waivers: pupil.waivers.iter().map(|waiver| waiver.reason.clone()).collect(),
            orders: orders.iter().map(|order| order.no.to_string()).collect(),
        })
    }

    /// Who looked at the family's data, the last looks at each.
    pub(crate) async fn looks(&self, app: &App) -> Result<Vec<LookView>, Problem> {
        let own = (self.guardian.value.id.to_string(), key::guardian(&self.guardian.value.id));
        let children = self.children.iter().map(|child| (child.id.to_string(), key::student(&child.id)));
        let mut looks = Vec::new();
        for (about, thing) in std::iter::once(own).chain(children) {
            let entries = app.store().notices_of(&thing, LOOKS).await?;
            looks.extend(entries.into_iter().map(|entry| LookView::of(&about, entry)));
        }
        looks.sort_by(|one, other| other.at.cmp(&one.at));
        Ok(looks)
    }
}

/// A pupil's orders of all terms, for whom reaches the pupil.
pub(crate) async fn orders_of<P>(app: &App, granted: &Granted<P>, pupil: &Pupil) -> Result<Vec<Order>, Problem> {
    let narrowed = granted.narrowed(pupil).ok_or(AccessError::NotFound)?;
    let records = app.store().records(&pupil.id).await?;
    let records = records.into_iter().filter_map(|found| found.within(&narrowed));
    Ok(records.flat_map(|found| found.value.orders).collect())
}
