//! Counts: the parts make the whole, however the days are cut; they are what anybody finds who counts again; and what is
//! locked stays what it was. S21.3 S22.1 S25.3 S25.5 S26.1.

use std::collections::BTreeMap;

use domain::Fault as _;
use domain::catalog::{Category, Origin};
use domain::teaching::class::TeachingClass;
use domain::teaching::counted::{COUNTED_DAYS, CountError, CountFacts, Of, Wanted, days_of, parts};
use domain::teaching::grouped::{By, Group, Homerooms};
use domain::teaching::hours::{Hours, hours};
use domain::teaching::lesson::Lesson;
use domain::teaching::sheet::Tally;
use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;

use crate::naive::{self, Pencil};
use crate::place::{DAYS, School, day, offering, outline, periods, person, pupil, school, seal, teacher};

fn counted(school: &School, of: Of, by: By, wanted: &Wanted) -> BTreeMap<Group, Hours> {
    let lessons = wanted.lessons(&school.classes).unwrap();
    let periods = periods();
    let facts = CountFacts { rolls: &school.rolls, periods: &periods, now: school.now };
    hours(parts(of, wanted, &lessons, facts), by, &Homerooms::new())
}

fn of_days(school: &School, of: Of, by: By, (from, until): (Date, Date)) -> BTreeMap<Group, Hours> {
    counted(school, of, by, &Wanted::of_days(from, until).unwrap())
}

/// Everything that is counted, as one list.
fn numbers(hours: &Hours) -> [u32; 14] {
    let Hours { planned, off, held, done, tally } = *hours;
    let Tally { due, normal, late, on_leave, absent, abnormal, replaced, unknown, moved, stood_in } = tally;
    [planned, off, held, done, due, normal, late, on_leave, absent, abnormal, replaced, unknown, moved, stood_in]
}

fn sum<'a>(all: impl IntoIterator<Item = &'a Hours>) -> [u32; 14] {
    let mut total = [0; 14];
    for hours in all {
        for (into, more) in total.iter_mut().zip(numbers(hours)) {
            *into += more;
        }
    }
    total
}

/// The same in the words of the pencil.
fn words(groups: &BTreeMap<Group, Hours>) -> Pencil {
    let of = |hours: &Hours| {
        let Tally { normal, late, on_leave, absent, abnormal, replaced, unknown, moved, stood_in, .. } = hours.tally;
        let all = [
            ("planned", hours.planned),
            ("off", hours.off),
            ("held", hours.held),
            ("hour", hours.done),
            ("normal", normal),
            ("late", late),
            ("on_leave", on_leave),
            ("absent", absent),
            ("abnormal", abnormal),
            ("replaced", replaced),
            ("unknown", unknown),
            ("moved", moved),
            ("stood_in", stood_in),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    };
    groups.iter().map(|(group, hours)| (group.to_string(), of(hours))).collect()
}

const EACH: [Of; 3] = [Of::Lessons, Of::Teachers, Of::Pupils];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn s22_1_s26_1_hours_and_sheets_are_what_somebody_finds_who_counts_again(
        school in school(), from in 0..DAYS, length in 0..DAYS,
    ) {
        let (from, until) = (day(from), day(from + length));
        let pupils = of_days(&school, Of::Pupils, By::Person, (from, until));
        prop_assert_eq!(words(&pupils), naive::pupils(&school, from, until));
        let teachers = of_days(&school, Of::Teachers, By::Person, (from, until));
        prop_assert_eq!(words(&teachers), naive::teachers(&school, from, until));
    }

    #[test]
    fn s21_3_s25_3_what_was_due_is_the_sum_of_what_became_of_it(school in school()) {
        for of in EACH {
            for hours in of_days(&school, of, By::Day, (day(0), day(DAYS))).values() {
                let t = hours.tally;
                let became = t.normal + t.late + t.on_leave + t.absent + t.abnormal + t.replaced + t.unknown;
                prop_assert_eq!(t.due, became);
                prop_assert_eq!(hours.planned, hours.off + hours.held + hours.to_come());
                prop_assert_eq!(t.due, if of == Of::Lessons { 0 } else { hours.held });
                prop_assert!(hours.done <= hours.held);
                prop_assert!(t.rate().is_none_or(|rate| rate.tenths() <= 1_000));
            }
        }
    }

    #[test]
    fn s25_3_however_the_days_are_cut_the_parts_make_the_whole(school in school(), cuts in prop::collection::btree_set(0..DAYS, 0..5)) {
        let mut starts: Vec<i64> = cuts.into_iter().collect();
        starts.insert(0, 0);
        starts.dedup();
        let ends = starts.iter().skip(1).map(|start| start - 1).chain([DAYS]);
        let pieces: Vec<(Date, Date)> = starts.iter().zip(ends).map(|(from, until)| (day(*from), day(until))).collect();
        for of in EACH {
            let whole = sum(of_days(&school, of, By::All, (day(0), day(DAYS))).values());
            let days = of_days(&school, of, By::Day, (day(0), day(DAYS)));
            prop_assert_eq!(numbers(&days.into_values().fold(Hours::default(), Hours::plus)), whole);
            let all = pieces.iter().map(|piece| of_days(&school, of, By::All, *piece));
            prop_assert_eq!(sum(all.collect::<Vec<_>>().iter().flat_map(BTreeMap::values)), whole);
            for by in [By::Lesson, By::Day, By::Week, By::Month, By::Class, By::Course] {
                prop_assert_eq!(sum(of_days(&school, of, by, (day(0), day(DAYS))).values()), whole, "{}", by);
            }
        }
    }

    #[test]
    fn s25_3_conditions_cut_as_well(school in school(), who in 0u8..6) {
        let all = Wanted::of_days(day(0), day(DAYS)).unwrap();
        for of in EACH {
            let whole = sum(counted(&school, of, By::All, &all).values());
            let by_category = [Category::Care, Category::Enrichment].map(Some);
            let pieces = by_category.map(|category| counted(&school, of, By::All, &Wanted { category, ..all.clone() }));
            prop_assert_eq!(sum(pieces.iter().flat_map(BTreeMap::values)), whole);
            let by_origin = [Origin::InHouse, Origin::External].map(Some);
            let pieces = by_origin.map(|origin| counted(&school, of, By::All, &Wanted { origin, ..all.clone() }));
            prop_assert_eq!(sum(pieces.iter().flat_map(BTreeMap::values)), whole);
        }
        let everybody = counted(&school, Of::Pupils, By::Person, &all);
        let one = Wanted { pupils: Some([pupil(who)].into()), ..all.clone() };
        let alone = counted(&school, Of::Pupils, By::Person, &one);
        prop_assert_eq!(alone.get(&Group::Pupil(pupil(who))), everybody.get(&Group::Pupil(pupil(who))));
        prop_assert!(alone.len() <= 1);
        let everybody = counted(&school, Of::Teachers, By::Person, &all);
        let one = Wanted { teacher: Some(person(who % 4)), ..all };
        let alone = counted(&school, Of::Teachers, By::Person, &one);
        prop_assert_eq!(alone.get(&Group::Teacher(person(who % 4))), everybody.get(&Group::Teacher(person(who % 4))));
        prop_assert!(alone.len() <= 1);
    }

    /// Promise P11.
    #[test]
    fn s25_5_a_locked_day_keeps_its_sheet_whoever_comes_or_goes_later(
        school in school(), until in 0..DAYS, later in prop::collection::vec((0u8..9, 0..DAYS, any::<bool>()), 0..12),
    ) {
        let mut school = school;
        for class in &school.classes {
            for lesson in class.lessons_in(day(0), day(until)) {
                let roll = school.rolls.entry(class.lesson_id(lesson));
                let new = || domain::teaching::roll::Roll::new(&class.id, lesson.no, lesson.at());
                let roll = roll.or_insert_with(new);
                if !roll.sealed {
                    seal(roll, class, lesson);
                }
            }
        }
        let locked = (day(0), day(until));
        let sheets = |school: &School| EACH.map(|of| of_days(school, of, By::Day, locked));
        let by_person = |school: &School| [Of::Teachers, Of::Pupils].map(|of| of_days(school, of, By::Person, locked));
        let before = (sheets(&school), by_person(&school));
        for class in &mut school.classes {
            for (who, from, comes) in &later {
                // Even what no rule allows, entries and exits within the locked days, changes nothing.
                let (who, from) = (pupil(*who), day(*from));
                drop(if *comes { class.admit(&who, from) } else { class.release(&who, from) });
            }
            class.take_over(outline(vec![teacher(2)]), day(until + 1));
        }
        prop_assert_eq!((sheets(&school), by_person(&school)), before);
    }
}

#[test]
fn s26_1_days_are_at_most_a_term_and_groups_are_of_those_who_are_counted() {
    let last = day(0).saturating_add(i64::from(COUNTED_DAYS - 1).days());
    assert!(Wanted::of_days(day(0), last).is_ok());
    for until in [last.saturating_add(1.day()), day(-1)] {
        assert_eq!(Wanted::of_days(day(0), until), Err(CountError::RangeUnusable));
    }
    let (first, september) = (day(0), "2026-09".parse().unwrap());
    assert_eq!(days_of((Some(first), Some(last), None), last), Ok((first, last)));
    assert_eq!(days_of((None, None, Some(september)), last), Ok((first, day(29))));
    assert_eq!(days_of((None, None, None), day(7)), Ok((first, day(29))), "this month");
    assert_eq!(days_of((Some(first), None, None), last), Err(CountError::RangeUnusable));
    assert_eq!(days_of((Some(first), Some(last), Some(september)), last), Err(CountError::RangeUnusable));
    for (of, by) in [(Of::Lessons, By::Person), (Of::Lessons, By::Homeroom), (Of::Teachers, By::Homeroom)] {
        assert_eq!(by.checked(of), Err(CountError::GroupUnusable), "{of} by {by}");
    }
    assert_eq!(
        (By::Person.checked(Of::Teachers), By::Homeroom.checked(Of::Pupils)),
        (Ok(By::Person), Ok(By::Homeroom))
    );
}

#[test]
fn s26_1_more_lessons_than_are_counted_at_once_are_refused() {
    let mut class = TeachingClass::of(&offering(0), 1, outline(vec![teacher(0)]));
    class.lessons = (1..=400).map(|no| Lesson::planned(no, day(0), 1)).collect();
    let wanted = Wanted::of_days(day(0), day(0)).unwrap();
    assert_eq!(wanted.lessons(&vec![class.clone(); 15]).map(|lessons| lessons.len()), Ok(6_000));
    let refused = wanted.lessons(&vec![class; 16]).unwrap_err();
    assert_eq!((refused, refused.slug()), (CountError::TooManyLessons, "counting/too-many-lessons"));
}
