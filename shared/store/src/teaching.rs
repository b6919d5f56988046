//! Teaching (教学) in its table: classes with what they share, rolls, and the rules of each school. S10 S17 S25.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::Moment;
use domain::access::{Granted, Guarded, Owned as _};
use domain::id::{ClassId, LessonId, OfferingId, PersonId, SchoolCode, StudentId, TermCode};
use domain::teaching::class::{CLASSES, TeachingClass};
use domain::teaching::roll::Roll;
use domain::teaching::rules::{SchoolRules, TeachingRules};
use domain::teaching::timetable::Timetable;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::Instant;

use crate::cache::CLASSES_REFRESH;
use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Key, Table};
use crate::table::Store;

/// Classes whose rolls are asked for at once.
const CLASSES_AT_ONCE: usize = 16;

/// Rolls that one call brings by their keys.
const ROLLS_AT_ONCE: usize = 100;

/// Entries a roll carries at most: who calls again and again writes them to the audit.
const CARRIED: usize = 8;

/// The classes of a school's term, as timetables show them.
#[derive(Debug, Default)]
pub struct TermClasses {
    classes: BTreeMap<ClassId, TeachingClass>,
}

impl TermClasses {
    /// A class, for decisions that concern nobody's eyes.
    pub fn class(&self, id: &ClassId) -> Option<&TeachingClass> {
        self.classes.get(id)
    }

    /// All of them, for decisions that concern nobody's eyes.
    pub fn all(&self) -> impl Iterator<Item = &TeachingClass> {
        self.classes.values()
    }

    /// Those the caller reaches.
    pub fn open_to<P>(&self, granted: &Granted<P>) -> impl Iterator<Item = &TeachingClass> {
        self.classes.values().filter(|class| granted.covers(&class.owner()))
    }

    /// Those a pupil is or was in: for whoever has reached the pupil.
    pub fn of_pupil(&self, student: &StudentId) -> impl Iterator<Item = &TeachingClass> {
        self.classes.values().filter(|class| class.knows(student))
    }

    /// Those a person teaches or has taught, for the class or in somebody's place: for that person alone.
    pub fn taught_by(&self, person: &PersonId) -> impl Iterator<Item = &TeachingClass> {
        self.classes.values().filter(|class| class.was_taught_by(person))
    }
}

/// Everything a change of lessons is judged by, read so that nothing passes between: the timetable before the classes.
#[derive(Debug)]
pub struct Arranged {
    /// What is written with each change, on the condition of its version.
    pub timetable: Versioned<Timetable>,
    /// All classes of the term.
    pub classes: Vec<Versioned<TeachingClass>>,
    /// The highest number a class of each offering has had.
    last: BTreeMap<OfferingId, u8>,
}

impl Arranged {
    /// A class of them.
    pub fn class(&self, id: &ClassId) -> Option<&Versioned<TeachingClass>> {
        self.classes.iter().find(|class| class.value.id == *id)
    }

    /// The number that the next class of an offering gets; none when all are given.
    pub fn next_number(&self, offering: &OfferingId) -> Option<u8> {
        let last = self.last.get(offering).copied().unwrap_or_default();
        Some(last.saturating_add(1)).filter(|number| *number <= CLASSES)
    }

    /// All classes but one.
    pub fn others<'a>(&'a self, id: &'a ClassId) -> impl Iterator<Item = &'a TeachingClass> {
        self.classes.iter().map(|class| &class.value).filter(move |class| class.id != *id)
    }
}

impl Store {
    /// The classes of a school's term, at most [`CLASSES_REFRESH`] old: for timetables, never for a change.
    pub async fn term_classes(&self, school: &SchoolCode, term: &TermCode) -> Result<Arc<TermClasses>, StoreError> {
        let place = (school.clone(), term.clone());
        let memory = &self.caches().classes;
        if let Some(known) = memory.recall(&place, CLASSES_REFRESH) {
            return Ok(known);
        }
        let read_at = Instant::now();
        let partition = key::classes(school, term);
        let found = self.all::<TeachingClass>("class", (Table::Teaching, &partition, "CLASS#")).await?;
        let there = found.into_iter().filter(is_there);
        let classes = there.map(|class| (class.value.id.clone(), class.value)).collect();
        Ok(memory.remember(place, read_at, TermClasses { classes }))
    }

    /// Forgets what this environment knows of a term's classes, after it has changed one.
    pub fn forget_classes(&self, school: &SchoolCode, term: &TermCode) {
        self.caches().classes.forget(&(school.clone(), term.clone()));
    }

    /// What a change of lessons is judged by. Whoever changed something since then makes the commit stale.
    pub async fn arranged(&self, school: &SchoolCode, term: &TermCode) -> Result<Arranged, StoreError> {
        let timetable = self.timetable(school, term).await?;
        let partition = key::classes(school, term);
        let all: Vec<Versioned<TeachingClass>> = self.all_now("class", (Table::Teaching, &partition, "CLASS#")).await?;
        let mut last = BTreeMap::new();
        for id in all.iter().map(|class| &class.value.id) {
            let highest = last.entry(id.offering()).or_insert(0);
            *highest = id.number().max(*highest);
        }
        Ok(Arranged { timetable, classes: all.into_iter().filter(is_there).collect(), last })
    }

    /// The classes of a school's term, as they are now: for what is decided about all of its pupils.
    pub async fn classes_in(&self, school: &SchoolCode, term: &TermCode) -> Result<Vec<TeachingClass>, StoreError> {
        let partition = key::classes(school, term);
        let all: Vec<Versioned<TeachingClass>> = self.all_now("class", (Table::Teaching, &partition, "CLASS#")).await?;
        Ok(all.into_iter().filter(is_there).map(|class| class.value).collect())
    }

    /// The classes of an offering, as they are now: for what is decided about its pupils.
    pub async fn classes_of(&self, offering: &OfferingId) -> Result<Vec<Versioned<TeachingClass>>, StoreError> {
        let partition = key::classes(&offering.school(), &offering.term());
        let prefix = key::classes_of(&offering.course());
        let all = self.all_now("class", (Table::Teaching, &partition, &prefix)).await?;
        Ok(all.into_iter().filter(is_there).collect())
    }

    /// What all classes of a school's term share.
    pub async fn timetable(&self, school: &SchoolCode, term: &TermCode) -> Result<Versioned<Timetable>, StoreError> {
        let found = self.get("timetable", &key::timetable(school, term)).await?;
        Ok(found.unwrap_or_else(|| Versioned::absent(Timetable::new(school.clone(), term.clone()))))
    }

    /// A class, as it is now.
    pub async fn class(&self, id: &ClassId) -> Result<Option<Guarded<Versioned<TeachingClass>>>, StoreError> {
        let found = self.get("class", &key::class(id)).await?;
        Ok(found.filter(is_there).map(Guarded::new))
    }

    /// The roll of a lesson, as it is now; none while nothing is known of it.
    pub async fn roll(&self, lesson: &LessonId) -> Result<Option<Guarded<Versioned<Roll>>>, StoreError> {
        self.guarded("roll", &key::roll(&lesson.class(), lesson.number())).await
    }

    /// The rolls there are of some lessons, in one call for each hundred.
    pub async fn rolls_of(
        &self,
        lessons: impl IntoIterator<Item = LessonId>,
    ) -> Result<BTreeMap<LessonId, Versioned<Roll>>, StoreError> {
        let keys: Vec<Key> = lessons.into_iter().map(|lesson| key::roll(&lesson.class(), lesson.number())).collect();
        let found = self.versions::<Roll>("roll", keys).await?;
        Ok(found.into_iter().map(|roll| (roll.value.lesson(), roll)).collect())
    }

    /// All rolls of a class, by the numbers of their lessons: for whoever has reached the class.
    pub async fn rolls(&self, class: &ClassId) -> Result<Vec<Versioned<Roll>>, StoreError> {
        self.all("roll", (Table::Teaching, &key::rolls(class), "LESSON#")).await
    }

    /// The lessons of a class that have a roll by now.
    pub async fn rolled_now(&self, class: &ClassId) -> Result<Vec<LessonId>, StoreError> {
        let found = self.all_now::<Roll>("roll", (Table::Teaching, &key::rolls(class), "LESSON#")).await?;
        Ok(found.into_iter().map(|roll| roll.value.lesson()).collect())
    }

    /// All rolls of many classes, some classes at once.
    pub async fn rolls_of_classes(
        &self,
        classes: impl IntoIterator<Item = ClassId>,
    ) -> Result<BTreeMap<LessonId, Roll>, StoreError> {
        let of = |class: ClassId| async move { self.rolls(&class).await };
        let all: Vec<Vec<Versioned<Roll>>> =
            stream::iter(classes).map(of).buffer_unordered(CLASSES_AT_ONCE).try_collect().await?;
        Ok(all.into_iter().flatten().map(|roll| (roll.value.lesson(), roll.value)).collect())
    }

    /// The rolls there are of some lessons, for counting. What one call brings is asked for by its keys; more is read
    /// class by class, from the first lesson's number to the last one's: a month of a class is a page.
    pub async fn rolls_among(
        &self,
        lessons: impl IntoIterator<Item = LessonId>,
    ) -> Result<BTreeMap<LessonId, Roll>, StoreError> {
        let wanted: BTreeSet<LessonId> = lessons.into_iter().collect();
        if wanted.len() <= ROLLS_AT_ONCE {
            let found = self.rolls_of(wanted).await?;
            return Ok(found.into_iter().map(|(lesson, roll)| (lesson, roll.value)).collect());
        }
        let mut stretches: BTreeMap<ClassId, (u16, u16)> = BTreeMap::new();
        for lesson in &wanted {
            let no = lesson.number();
            let (first, last) = stretches.entry(lesson.class()).or_insert((no, no));
            (*first, *last) = (no.min(*first), no.max(*last));
        }
        let read = |(class, (first, last)): (ClassId, (u16, u16))| async move {
            self.between::<Roll>("roll", (&key::roll(&class, first), &key::roll(&class, last))).await
        };
        let all: Vec<Vec<Versioned<Roll>>> =
            stream::iter(stretches).map(read).buffer_unordered(CLASSES_AT_ONCE).try_collect().await?;
        let found = all.into_iter().flatten().map(|roll| (roll.value.lesson(), roll.value));
        Ok(found.filter(|(lesson, _)| wanted.contains(lesson)).collect())
    }

    /// The lessons whose rolls the sweeper must look at.
    pub async fn due_rolls(&self, now: Moment, limit: i32) -> Result<Vec<LessonId>, StoreError> {
        let keys = self.due(Table::Teaching, now, limit).await?;
        let parse = |key: &Key| {
            let class = key.pk.strip_prefix("ROLLS#")?.parse().ok()?;
            Some(LessonId::new(&class, key.sk.strip_prefix("LESSON#")?.parse().ok()?))
        };
        Ok(keys.iter().filter_map(parse).collect())
    }

    /// How a school takes attendance, as it has decided; none: by the built-in rules.
    pub async fn school_teaching_rules(
        &self,
        school: &SchoolCode,
    ) -> Result<Option<Versioned<SchoolRules>>, StoreError> {
        self.get("teaching-rules", &key::teaching_rules(school)).await
    }

    /// How a school takes attendance, at most [`CLASSES_REFRESH`] old.
    pub async fn teaching_rules(&self, school: &SchoolCode) -> Result<Arc<TeachingRules>, StoreError> {
        let memory = &self.caches().teaching_rules;
        if let Some(known) = memory.recall(school, CLASSES_REFRESH) {
            return Ok(known);
        }
        let read_at = Instant::now();
        let decided = self.school_teaching_rules(school).await?;
        let rules = decided.map_or_else(TeachingRules::built_in, |found| found.value.rules);
        Ok(memory.remember(school.clone(), read_at, rules))
    }

    /// Forgets how a school takes attendance, after this environment has changed it.
    pub fn forget_teaching_rules(&self, school: &SchoolCode) {
        self.caches().teaching_rules.forget(school);
    }
}

/// Whether a class was not deleted.
const fn is_there(class: &Versioned<TeachingClass>) -> bool {
    class.value.deleted_at.is_none()
}

impl Commit {
    /// Writes the next version of a class. What concerns its lessons goes with [`Commit::save_timetable`].
    pub fn save_class(&mut self, class: &Versioned<TeachingClass>) -> Result<(), StoreError> {
        self.put("class", key::class(&class.value.id), class, None)
    }

    /// Writes the next version of what all classes of a term share: of two changes of lessons that were judged side by
    /// side one comes too late.
    pub fn save_timetable(&mut self, timetable: &Versioned<Timetable>) -> Result<(), StoreError> {
        let key = key::timetable(&timetable.value.school, &timetable.value.term);
        self.put("timetable", key, timetable, None)
    }

    /// Lets the change rest on the timetable as it was read, without writing it: no lesson, no member and no lock has come
    /// or gone meanwhile.
    pub fn rest_on_timetable(&mut self, timetable: &Versioned<Timetable>) {
        self.rest_on(key::timetable(&timetable.value.school, &timetable.value.term), timetable.ver);
    }

    /// Writes the next version of a roll, with its audit entry and those it has carried with it.
    pub fn save_roll(&mut self, roll: &Versioned<Roll>) -> Result<(), StoreError> {
        let mut next = roll.clone();
        let key = key::roll(&next.value.class, next.value.no);
        self.drain(&key, std::mem::take(&mut next.value.trail));
        self.put("roll", key, &next, next.value.due())
    }

    /// Writes the next version of a roll, which carries its audit entry itself: one write and no transaction, for the
    /// minutes in which all classes begin at once. Whoever writes the roll next drains what it carries.
    pub fn carry_roll(&mut self, roll: &Versioned<Roll>) -> Result<(), StoreError> {
        if roll.value.trail.len() >= CARRIED {
            return self.save_roll(roll);
        }
        let mut next = roll.clone();
        let key = key::roll(&next.value.class, next.value.no);
        // Of the content without its trail, which is no part of it.
        let image = self.image("roll", &key, &next, None)?;
        next.value.trail.push(self.trace(roll.ver.saturating_add(1), &image));
        self.put_untraced("roll", key, &next, next.value.due())
    }

    /// Writes how a school takes attendance from now on.
    pub fn save_teaching_rules(&mut self, rules: &Versioned<SchoolRules>) -> Result<(), StoreError> {
        self.put("teaching-rules", key::teaching_rules(&rules.value.school), rules, None)
    }
}
