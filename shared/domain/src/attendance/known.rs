//! Known lessons (上课事实): what is known of a pupil's lessons in a course. On days on which the pupil belongs to a
//! teaching class its lessons and rolls tell it; on all others what was imported and, beside that, the plan. Never both
//! for one lesson. S34.2 S36.1 P7.1.
//!
//! - A lesson stands on the day on which it is given: one that was moved (调课) counts there and not where it was planned.
//! - One that the school took off (停课) was not given, whatever a roll says.
//! - Else the roll says what became of it. One that has passed without a roll counts as given: nobody has said otherwise.
//! - A suspension that was noted for the pupil takes the lessons of its day away, except those the pupil was seen in.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::Attendance;
use crate::id::{ClassId, LessonId, StudentId};
use crate::refund::facts::{Lesson, LessonState, told};
use crate::teaching::class::{Member, TeachingClass};
use crate::teaching::roll::Roll;

/// What is known of a pupil's lessons in a course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What became of lessons, by day.
    pub lessons: Vec<Lesson>,
    /// Whether the pupil has the materials.
    pub materials_received: bool,
    /// Whether what the sundry fee is for was used.
    pub sundry_used: bool,
    /// In which classes the pupil is or was, and when: there they tell all lessons there are.
    stays: Vec<Stay>,
    /// Where lessons that classes tell of were planned, if that was on another day that they do not tell of.
    moved: Vec<Date>,
}

/// That a pupil belongs to a class, from a day until before another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stay {
    class: ClassId,
    from: Date,
    until: Option<Date>,
}

impl Known {
    /// What single lessons come to, where the course is taught in no class.
    pub fn of(imported: impl IntoIterator<Item = Attendance>) -> Self {
        let mut all: Vec<Attendance> = imported.into_iter().collect();
        all.sort_by_key(|one| (one.date, one.period));
        Self {
            materials_received: all.iter().any(|one| one.materials_received),
            sundry_used: all.iter().any(|one| one.sundry_used),
            lessons: all.iter().map(|one| Lesson { date: one.date, state: one.state }).collect(),
            ..Self::default()
        }
    }

    /// The same where the course is taught in classes, those in which the pupil is or was among them.
    pub fn in_classes<'c>(
        student: &StudentId,
        imported: impl IntoIterator<Item = Attendance>,
        classes: impl IntoIterator<Item = &'c TeachingClass>,
        roll: impl Fn(&LessonId) -> Option<&'c Roll>,
    ) -> Self {
        let of_pupil = |member: &&Member| member.student == *student;
        let stays: Vec<(&TeachingClass, &Member)> = classes
            .into_iter()
            .flat_map(|class| class.members.iter().filter(of_pupil).map(move |member| (class, member)))
            .collect();
        let in_class = |date: Date| stays.iter().any(|(_, member)| member.on(date));
        let mut taught: BTreeMap<(Date, u8, LessonId), LessonState> = BTreeMap::new();
        let mut moved = BTreeMap::new();
        for (class, member) in &stays {
            for lesson in class.lessons.iter().filter(|lesson| member.on(lesson.date)) {
                let id = class.lesson_id(lesson);
                let state = match roll(&id) {
                    _ if !lesson.is_given() => LessonState::NotGiven,
                    Some(roll) => roll.for_refund(student),
                    None => LessonState::Due,
                };
                if let Some((planned, _)) = lesson.moved_from.filter(|(planned, _)| !in_class(*planned)) {
                    moved.insert(id.clone(), planned);
                }
                taught.insert((lesson.date, lesson.period, id), state);
            }
        }
        let moved: Vec<Date> = moved.into_values().collect();
        let mut gone = moved.clone();
        let (told_of, beside): (Vec<Attendance>, Vec<Attendance>) =
            imported.into_iter().partition(|one| in_class(one.date) || take(&mut gone, one.date));
        suspend(&mut taught, &told_of);
        let has_materials = stays.iter().any(|(_, member)| member.materials.is_some());
        let used = |of: fn(&Attendance) -> bool| told_of.iter().any(of);
        let rest = Self::of(beside);
        let mut lessons = rest.lessons;
        lessons.extend(taught.into_iter().map(|((date, ..), state)| Lesson { date, state }));
        lessons.sort_by_key(|lesson| lesson.date);
        Self {
            lessons,
            materials_received: has_materials || rest.materials_received || used(|one| one.materials_received),
            sundry_used: rest.sundry_used || used(|one| one.sundry_used),
            stays: stays
                .iter()
                .map(|(class, member)| Stay { class: class.id.clone(), from: member.from, until: member.until })
                .collect(),
            moved,
        }
    }

    /// The class that tells all lessons of a day.
    pub fn class_on(&self, date: Date) -> Option<&ClassId> {
        let on = |stay: &&Stay| stay.from <= date && stay.until.is_none_or(|until| date < until);
        self.stays.iter().find(on).map(|stay| &stay.class)
    }

    /// The days of the lessons that are planned or told by classes, one for each lesson, in their order.
    pub fn days(&self, planned: &[Date]) -> Vec<Date> {
        let mut moved = self.moved.clone();
        let beside = planned.iter().copied().filter(|date| self.class_on(*date).is_none());
        let beside: Vec<Date> = beside.filter(|date| !take(&mut moved, *date)).collect();
        let taught = self.lessons.iter().map(|lesson| lesson.date).filter(|date| self.class_on(*date).is_some());
        let mut days: Vec<Date> = taught.chain(beside).collect();
        days.sort_unstable();
        days
    }

    /// All lessons of the course, in their order, with what became of each as far as it is known.
    pub fn over(&self, planned: &[Date]) -> Vec<Lesson> {
        told(&self.days(planned), &self.lessons)
    }
}

/// Takes a day away, once. Whether it was there.
fn take(days: &mut Vec<Date>, day: Date) -> bool {
    let place = days.iter().position(|one| *one == day);
    place.is_some_and(|place| days.swap_remove(place) == day)
}

/// Lessons of whose days it was noted that so many were not given, were not: except where the pupil was seen.
fn suspend(taught: &mut BTreeMap<(Date, u8, LessonId), LessonState>, noted: &[Attendance]) {
    let not_given = noted.iter().filter(|one| one.state == LessonState::NotGiven);
    for day in not_given.map(|one| one.date).collect::<BTreeSet<_>>() {
        let count = noted.iter().filter(|one| one.date == day && one.state == LessonState::NotGiven).count();
        let of_day = taught.iter_mut().filter(|((date, ..), _)| *date == day).map(|(_, state)| state);
        let mut missed: Vec<&mut LessonState> = of_day.filter(|state| **state != LessonState::Attended).collect();
        // What the class has taken off is among them.
        missed.sort_by_key(|state| **state != LessonState::NotGiven);
        missed.into_iter().take(count).for_each(|state| *state = LessonState::NotGiven);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::teaching::fixture;
    use crate::teaching::roll::{Presence, Said};
    use crate::time::Moment;

    const PUPIL: &str = "S000000001";
    const MONDAYS: [Date; 4] = [date(2026, 9, 7), date(2026, 9, 14), date(2026, 9, 21), date(2026, 9, 28)];

    fn pupil() -> StudentId {
        PUPIL.parse().unwrap()
    }

    fn imported(day: i8, period: u8, state: LessonState) -> Attendance {
        Attendance {
            student: pupil(),
            school: "3144200101".parse().unwrap(),
            term: "2026-2027-1".parse().unwrap(),
            course: "K1".parse().unwrap(),
            date: date(2026, 9, day),
            period,
            state,
            materials_received: false,
            sundry_used: false,
        }
    }

    fn class() -> TeachingClass {
        fixture::class("K1", &["T000000001"], &[PUPIL], &MONDAYS.map(|day| (day, 1)))
    }

    /// A roll of a lesson in which this became of the pupil.
    fn roll(class: &TeachingClass, no: u16, presence: Presence) -> Roll {
        let at = class.lesson(no).unwrap().at();
        let mut roll = Roll::new(&class.id, no, at);
        roll.called_at = Some(Moment::from_seconds(1));
        roll.said.insert(pupil(), Said { at: Moment::from_seconds(1), presence });
        roll
    }

    fn known(classes: &[&TeachingClass], rolls: &[Roll], imported: Vec<Attendance>) -> Known {
        let of = |id: &LessonId| rolls.iter().find(|roll| roll.lesson() == *id);
        Known::in_classes(&pupil(), imported, classes.iter().copied(), of)
    }

    fn told(known: &Known) -> Vec<(i8, LessonState)> {
        known.over(&MONDAYS).iter().map(|lesson| (lesson.date.day(), lesson.state)).collect()
    }

    use LessonState::{Absent, Attended, Due, NotGiven, OnLeave};

    #[test]
    fn s34_2_lessons_are_told_by_day_and_what_was_received_once_is_received() {
        let mut first = imported(2, 1, Attended);
        first.materials_received = true;
        let known = Known::of([imported(9, 1, OnLeave), imported(2, 2, Absent), first]);
        let states: Vec<LessonState> = known.lessons.iter().map(|lesson| lesson.state).collect();
        assert_eq!(states, [Attended, Absent, OnLeave]);
        assert_eq!((known.materials_received, known.sundry_used), (true, false));
        assert_eq!(told(&known).len(), 7, "what was given beside the plan is beside it");
    }

    #[test]
    fn s34_2_rolls_say_what_became_of_the_lessons_of_a_class() {
        let class = class();
        let rolls =
            [roll(&class, 1, Presence::Late), roll(&class, 2, Presence::OnLeave), roll(&class, 3, Presence::Absent)];
        let of_file = vec![imported(7, 1, Absent), imported(28, 1, OnLeave)];
        let known = known(&[&class], &rolls, of_file);
        assert_eq!(
            told(&known),
            [(7, Attended), (14, OnLeave), (21, Absent), (28, Due)],
            "a file says nothing of lessons that a class gives; without a roll a lesson is due"
        );
    }

    #[test]
    fn s34_2_a_lesson_counts_where_it_was_moved_to_and_one_taken_off_was_not_given() {
        let mut class = class();
        class.lessons[1].moved_from = Some((MONDAYS[1], 1));
        class.lessons[1].date = date(2026, 9, 19);
        class.lessons[3].off = Some("教师培训".to_owned());
        let seen = [roll(&class, 2, Presence::Present), roll(&class, 4, Presence::Present)];
        let known = known(&[&class], &seen, Vec::new());
        assert_eq!(told(&known), [(7, Due), (19, Attended), (21, Due), (28, NotGiven)]);
    }

    #[test]
    fn s34_2_before_and_after_a_class_the_plan_holds_and_no_lesson_counts_twice() {
        let mut class = class();
        class.members[0].from = date(2026, 9, 15);
        class.members[0].until = Some(date(2026, 9, 25));
        // The lesson of the 14th is given once the pupil has come.
        class.lessons[1].moved_from = Some((MONDAYS[1], 1));
        class.lessons[1].date = date(2026, 9, 16);
        let known = known(&[&class], &[roll(&class, 3, Presence::Present)], vec![imported(7, 1, OnLeave)]);
        assert_eq!(told(&known), [(7, OnLeave), (16, Due), (21, Attended), (28, Due)]);
        assert!(known.class_on(date(2026, 9, 24)).is_some() && known.class_on(date(2026, 9, 25)).is_none());
    }

    #[test]
    fn s34_2_who_changes_classes_has_the_lessons_of_each_on_its_days() {
        let (mut one, mut other) = (class(), class());
        other.id = "3144200101.2026-2027-1.K1.02".parse().unwrap();
        for lesson in &mut other.lessons {
            lesson.date = lesson.date.saturating_add(jiff::Span::new().days(2));
        }
        one.members[0].until = Some(date(2026, 9, 15));
        other.members[0].from = date(2026, 9, 15);
        let known = known(&[&one, &other], &[roll(&other, 2, Presence::Absent)], Vec::new());
        assert_eq!(told(&known), [(7, Due), (14, Due), (16, Absent), (23, Due), (30, Due)]);
    }

    #[test]
    fn s34_2_a_suspension_takes_each_lesson_of_its_day_once() {
        let mut class = fixture::class(
            "K1",
            &["T000000001"],
            &[PUPIL],
            &[(MONDAYS[0], 1), (MONDAYS[0], 2), (MONDAYS[1], 1), (MONDAYS[2], 1)],
        );
        class.lessons[0].off = Some("台风".to_owned());
        let rolls = [roll(&class, 3, Presence::Present), roll(&class, 4, Presence::OnLeave)];
        let noted = |count: u8| (1..=count).map(|period| imported(7, period, NotGiven));
        let also = [imported(14, 1, NotGiven), imported(21, 1, NotGiven)];
        let states = |count| told(&known(&[&class], &rolls, noted(count).chain(also.clone()).collect()));
        assert_eq!(states(1), [(7, NotGiven), (7, Due), (14, Attended), (21, NotGiven)]);
        assert_eq!(states(2), [(7, NotGiven), (7, NotGiven), (14, Attended), (21, NotGiven)]);
    }

    #[test]
    fn s34_2_materials_that_a_class_has_handed_out_are_received() {
        let mut class = class();
        assert!(!known(&[&class], &[], Vec::new()).materials_received);
        class.members[0].materials = Some(date(2026, 9, 8));
        assert!(known(&[&class], &[], Vec::new()).materials_received);
        let mut used = imported(7, 1, Attended);
        used.sundry_used = true;
        assert!(known(&[&class], &[], vec![used]).sundry_used, "of what is used only a file tells");
    }

    proptest! {
        /// Whatever is moved, taken off, called, suspended or imported: each lesson of the class and of the plan is told
        /// once, on one side of the pupil's coming and going or on the other.
        #[test]
        fn s34_2_each_lesson_is_told_once(
            (from, until) in (1i8..30, 1i8..30),
            moves in prop::collection::vec((0usize..4, 1i8..30), 0..3),
            off in prop::collection::vec(0usize..4, 0..3),
            noted in prop::collection::vec((0usize..4, prop::sample::select(vec![Attended, OnLeave, Absent, NotGiven])), 0..5),
        ) {
            let mut class = class();
            class.members[0].from = date(2026, 9, from);
            class.members[0].until = (until > from).then(|| date(2026, 9, until));
            for (lesson, day) in moves {
                let lesson = &mut class.lessons[lesson];
                lesson.moved_from = lesson.moved_from.or(Some(lesson.at()));
                lesson.date = date(2026, 9, day);
            }
            for lesson in off {
                class.lessons[lesson].off = Some("停课".to_owned());
            }
            let mut places = BTreeSet::new();
            let noted: Vec<Attendance> = noted
                .into_iter()
                .filter(|(at, _)| places.insert(*at))
                .map(|(at, state)| imported(MONDAYS[at].day(), 1, state))
                .collect();
            let member = class.members[0].clone();
            let known = known(&[&class], &[], noted);
            let all = known.over(&MONDAYS);
            let taught = class.lessons.iter().filter(|lesson| member.on(lesson.date));
            let came = |lesson: &&crate::teaching::lesson::Lesson| {
                lesson.moved_from.is_some_and(|(planned, _)| !member.on(planned) )
            };
            let moved_in = taught.clone().filter(came).count();
            let beside = MONDAYS.iter().filter(|day| !member.on(**day)).count();
            prop_assert_eq!(all.len(), taught.count() + beside - moved_in);
            prop_assert_eq!(known.days(&MONDAYS).len(), all.len());
            prop_assert!(all.is_sorted_by_key(|lesson| lesson.date));
            for lesson in class.lessons.iter().filter(|lesson| member.on(lesson.date) && lesson.off.is_some()) {
                let given = all.iter().filter(|one| one.date == lesson.date && one.state != NotGiven).count();
                let of_day = class.lessons.iter().filter(|one| one.date == lesson.date && one.off.is_none()).count();
                prop_assert!(given <= of_day, "what was taken off was not given");
            }
        }
    }
}
