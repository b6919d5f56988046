//! Access (权限): who may do what, and how far that reaches. B3 K5.1, promise P10.
//!
//! A caller's grants and the roles in force give a [`Granted`]: the proof of one permission with its [`Reach`]. What is
//! read from the tables about people comes [`Guarded`] and opens only to such a proof, by what is stored about its
//! owner and never by what a request says.

pub mod change;
mod grant;
mod permission;
pub mod review;
mod role;

use std::collections::BTreeSet;
use std::marker::PhantomData;

pub use grant::{Grant, Level, Scope};
pub use permission::{Allows, Permission, may};
pub use role::{Role, RoleBook, SEPARATED, built_in, separated};

use crate::id::{ClassId, OrganizationId, PersonId, SchoolCode, StudentId};

/// How far a permission reaches for one caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The children of this guardian.
    guardian: Option<PersonId>,
    /// One pupil, of whom it was shown that the caller reaches it.
    pupil: Option<StudentId>,
    /// These schools, with everything and everybody in them.
    schools: BTreeSet<SchoolCode>,
    /// What is common to these schools, but nobody in them beyond the own classes.
    classes: BTreeSet<SchoolCode>,
    /// Who teaches those own classes.
    teacher: Option<PersonId>,
    /// One teaching class, of which it was shown that the caller reaches it.
    class: Option<ClassId>,
    /// The courses of these providers.
    providers: BTreeSet<OrganizationId>,
    /// Everything.
    everywhere: bool,
}

/// The proof that a caller has a permission. Only [`grant`] makes it.
#[derive(Debug)]
pub struct Granted<P> {
    reach: Reach,
    by: Grant,
    permission: PhantomData<fn() -> P>,
}

impl<P> Clone for Granted<P> {
    fn clone(&self) -> Self {
        Self { reach: self.reach.clone(), by: self.by.clone(), permission: PhantomData }
    }
}

/// Whom a stored thing belongs to.
#[derive(Debug, Clone, Default)]
pub struct Owner<'a> {
    /// The school.
    pub school: Option<&'a SchoolCode>,
    /// The pupil.
    pub student: Option<StudentId>,
    /// The persons who may act for it as its guardians, or the person it is.
    pub persons: &'a [PersonId],
    /// The provider.
    pub provider: Option<&'a OrganizationId>,
    /// The persons who teach it or look after it, as far as their roles reach the own classes of the school.
    pub teachers: &'a [PersonId],
    /// The teaching class it is about.
    pub class: Option<ClassId>,
}

/// A thing that belongs to somebody.
pub trait Owned {
    /// To whom.
    fn owner(&self) -> Owner<'_>;
}

/// Something that was read but may be looked at only by whom it concerns.
#[derive(Debug, Clone)]
#[must_use]
pub struct Guarded<T>(T);

/// Which schools belong to a township.
pub trait Townships {
    /// Its schools.
    fn schools_of(&self, township: &OrganizationId) -> BTreeSet<SchoolCode>;
}

/// The proof that a person with these grants has the permission `P`; none when it has not.
pub fn grant<P: Allows>(
    person: &PersonId,
    grants: &[Grant],
    book: &RoleBook,
    townships: &impl Townships,
) -> Option<Granted<P>> {
    let mut held = grants.iter().filter(|grant| book.allows(grant, P::PERMISSION)).peekable();
    let by = (*held.peek()?).clone();
    let mut reach = Reach::default();
    for grant in held {
        match &grant.scope {
            Scope::Children => reach.guardian = Some(person.clone()),
            Scope::Classes(school) => {
                reach.classes.insert(school.clone());
                reach.teacher = Some(person.clone());
            }
            Scope::School(school) => drop(reach.schools.insert(school.clone())),
            Scope::Provider(provider) => drop(reach.providers.insert(provider.clone())),
            Scope::Township(township) => reach.schools.extend(townships.schools_of(township)),
            Scope::City | Scope::Platform => reach.everywhere = true,
        }
    }
    Some(Granted { reach, by, permission: PhantomData })
}

impl<P> Granted<P> {
    /// Whether it reaches what belongs to `owner`.
    pub fn covers(&self, owner: &Owner<'_>) -> bool {
        let Reach { guardian, pupil, schools, classes, teacher, class, providers, everywhere } = &self.reach;
        let teaches = || teacher.as_ref().is_some_and(|teacher| owner.teachers.contains(teacher));
        *everywhere
            || owner.school.is_some_and(|school| schools.contains(school) || classes.contains(school) && teaches())
            || class.is_some() && owner.class == *class
            || guardian.as_ref().is_some_and(|guardian| owner.persons.contains(guardian))
            || pupil.is_some() && owner.student == *pupil
            || owner.provider.is_some_and(|provider| providers.contains(provider))
    }

    /// Whether it reaches what is common to a school: its courses, rooms, bells.
    pub fn covers_school(&self, school: &SchoolCode) -> bool {
        self.reach.everywhere || self.reach.schools.contains(school) || self.reach.classes.contains(school)
    }

    /// Whether it reaches what is kept for a school or, without one, above schools: accounts, reviews of them.
    pub fn covers_home(&self, home: Option<&SchoolCode>) -> bool {
        home.map_or(self.reach.everywhere, |school| self.covers_school(school))
    }

    /// The role, and where it is held, by which the caller acts; the first of several.
    pub const fn by(&self) -> &Grant {
        &self.by
    }

    /// Whether it reaches everything.
    pub const fn everywhere(&self) -> bool {
        self.reach.everywhere
    }

    /// The schools it reaches, for lists; all when [`Granted::everywhere`].
    pub fn schools(&self) -> impl Iterator<Item = &SchoolCode> {
        self.reach.schools.union(&self.reach.classes)
    }

    /// The guardian whose children it reaches.
    pub const fn guardian(&self) -> Option<&PersonId> {
        self.reach.guardian.as_ref()
    }

    /// The same permission for one teaching class that it was shown to reach: what belongs to the class opens to it.
    pub fn for_class(&self, class: &impl Owned) -> Option<Self> {
        let owner = class.owner();
        let reach = Reach { class: owner.class.clone(), ..self.reach.clone() };
        self.covers(&owner).then(|| Self { reach, by: self.by.clone(), permission: PhantomData })
    }

    /// The teacher whose own classes it reaches.
    pub const fn teacher(&self) -> Option<&PersonId> {
        self.reach.teacher.as_ref()
    }

    /// The same permission for one pupil that it was shown to reach: what belongs to the pupil opens to it.
    pub fn narrowed(&self, pupil: &impl Owned) -> Option<Self> {
        let owner = pupil.owner();
        let reach = Reach { pupil: owner.student.clone(), ..self.reach.clone() };
        self.covers(&owner).then(|| Self { reach, by: self.by.clone(), permission: PhantomData })
    }
}

impl<T> Guarded<T> {
    /// Guards what was read. For the tables.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Opens it for the platform's own work, where no person asks: sweeping, settling, archiving, importing. `tidy`
    /// holds the list of the places.
    pub fn unguarded(self) -> T {
        self.0
    }
}

impl<T: Owned> Guarded<T> {
    /// The pupil it belongs to: for asking whose child that is, before it is opened.
    pub fn pupil(&self) -> Option<StudentId> {
        self.0.owner().student
    }

    /// Opens it for whom it concerns. None looks like nothing was there.
    pub fn within<P>(self, granted: &Granted<P>) -> Option<T> {
        granted.covers(&self.0.owner()).then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pupil(StudentId, SchoolCode, Vec<PersonId>);

    impl Owned for Pupil {
        fn owner(&self) -> Owner<'_> {
            Owner { school: Some(&self.1), student: Some(self.0.clone()), persons: &self.2, ..Owner::default() }
        }
    }

    struct Record(StudentId, SchoolCode);

    impl Owned for Record {
        fn owner(&self) -> Owner<'_> {
            Owner { school: Some(&self.1), student: Some(self.0.clone()), ..Owner::default() }
        }
    }

    struct Town;

    impl Townships for Town {
        fn schools_of(&self, township: &OrganizationId) -> BTreeSet<SchoolCode> {
            let schools: &[&str] = if township.as_str() == "442000006" { &["3144200101", "3144200102"] } else { &[] };
            schools.iter().map(|school| school.parse().unwrap()).collect()
        }
    }

    fn asked<P: Allows>(grants: &[&str]) -> Option<Granted<P>> {
        let grants: Vec<Grant> = grants.iter().map(|text| text.parse().unwrap()).collect();
        grant(&"G000000001".parse().unwrap(), &grants, &RoleBook::of([]), &Town)
    }

    fn pupil(school: &str, guardian: &str) -> Pupil {
        Pupil("S000000001".parse().unwrap(), school.parse().unwrap(), vec![guardian.parse().unwrap()])
    }

    #[test]
    fn p10_without_the_permission_there_is_no_proof() {
        assert!(asked::<may::EditCatalog>(&["guardian@children"]).is_none());
        assert!(asked::<may::Enroll>(&[]).is_none());
        assert!(asked::<may::Enroll>(&["school_admin@school:3144200101"]).is_none());
    }

    #[test]
    fn p10_a_guardian_reaches_the_own_children_and_what_belongs_to_them() {
        let granted = asked::<may::ViewEnrollments>(&["guardian@children"]).unwrap();
        let (own, other) = (pupil("3144200101", "G000000001"), pupil("3144200101", "G000000002"));
        let record = || Guarded::new(Record(own.0.clone(), own.1.clone()));
        assert!(record().within(&granted).is_none(), "a record does not say who the guardians are");
        assert!(record().within(&granted.narrowed(&own).unwrap()).is_some());
        assert!(granted.narrowed(&other).is_none());
        assert!(Guarded::new(other).within(&granted).is_none());
        let elsewhere = Guarded::new(Record("S000000002".parse().unwrap(), "3144200101".parse().unwrap()));
        assert!(elsewhere.within(&granted.narrowed(&own).unwrap()).is_none());
    }

    #[test]
    fn p10_staff_reach_their_schools_and_a_township_those_of_the_township() {
        let school = asked::<may::ViewEnrollments>(&["school_admin@school:3144200101"]).unwrap();
        let township = asked::<may::ViewEnrollments>(&["township_admin@township:442000006"]).unwrap();
        let city = asked::<may::ViewEnrollments>(&["city_admin@city"]).unwrap();
        for (code, reached) in [
            ("3144200101", [true, true, true]),
            ("3144200102", [false, true, true]),
            ("3144200199", [false, false, true]),
        ] {
            let found = [&school, &township, &city].map(|granted| granted.covers(&pupil(code, "G000000009").owner()));
            assert_eq!(found, reached, "{code}");
        }
    }

    #[test]
    fn p10_two_roles_add_up_but_only_where_they_have_the_permission() {
        let granted =
            asked::<may::ViewPeople>(&["guardian@children", "teacher@classes:3144200102", "steward@school:3144200101"]);
        let granted = granted.unwrap();
        assert!(granted.covers_school(&"3144200101".parse().unwrap()));
        assert!(!granted.covers_school(&"3144200102".parse().unwrap()));
        assert!(granted.guardian().is_none());
    }
}
