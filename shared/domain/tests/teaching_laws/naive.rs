//! The same counted again by somebody who goes from day to day with a pencil, and knows the records but not the code.

use std::collections::BTreeMap;

use domain::teaching::class::TeachingClass;
use domain::teaching::lesson::Lesson;
use domain::teaching::roll::{Presence, Roll};
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::place::School;

/// Marks by their words, for each person; `planned`, `off`, `held` and `hour` among them.
pub(crate) type Pencil = BTreeMap<String, BTreeMap<&'static str, u32>>;

fn tick(pencil: &mut Pencil, who: &str, word: &'static str) {
    *pencil.entry(who.to_owned()).or_default().entry(word).or_default() += 1;
}

fn minutes_now(school: &School, date: Date) -> i64 {
    let midnight = domain::Moment::parse(&format!("{date}T00:00:00+08:00")).unwrap();
    school.now.seconds_since(midnight).div_euclid(60)
}

/// When the lesson begins and ends, in minutes of its day.
fn bell(lesson: &Lesson) -> (i64, i64) {
    if lesson.period == 1 { (990, 1_035) } else { (1_040, 1_085) }
}

fn is_held(school: &School, lesson: &Lesson, roll: Option<&Roll>) -> bool {
    let minute = minutes_now(school, lesson.date);
    let (begins, ends) = bell(lesson);
    lesson.off.is_none() && (minute >= ends || minute >= begins && roll.is_some_and(|roll| roll.called_at.is_some()))
}

/// The days from one to another, with the lessons that lie on them.
fn walk<'a>(school: &'a School, from: Date, until: Date, mut visit: impl FnMut(&'a TeachingClass, &'a Lesson)) {
    for date in from.series(1.day()).take_while(|date| *date <= until) {
        for class in &school.classes {
            for lesson in &class.lessons {
                if lesson.date == date {
                    visit(class, lesson);
                }
            }
        }
    }
}

/// What pupils come to.
pub(crate) fn pupils(school: &School, from: Date, until: Date) -> Pencil {
    let mut pencil = Pencil::new();
    walk(school, from, until, |class, lesson| {
        let roll = school.rolls.get(&class.lesson_id(lesson));
        let mut listed: Vec<String> = match roll {
            Some(roll) if roll.sealed => roll.roster.iter().map(ToString::to_string).collect(),
            _ => {
                let on = class.members.iter().filter(|member| {
                    member.from <= lesson.date && member.until.is_none_or(|until| lesson.date < until)
                });
                on.map(|member| member.student.to_string()).collect()
            }
        };
        listed.sort();
        for who in listed {
            tick(&mut pencil, &who, "planned");
            if lesson.off.is_some() {
                tick(&mut pencil, &who, "off");
            }
            if !is_held(school, lesson, roll) {
                continue;
            }
            tick(&mut pencil, &who, "held");
            if lesson.moved_from.is_some() {
                tick(&mut pencil, &who, "moved");
            }
            let word = roll.map_or("unknown", |roll| said_of(roll, &who));
            tick(&mut pencil, &who, word);
            if word == "normal" || word == "late" {
                tick(&mut pencil, &who, "hour");
            }
        }
    });
    pencil
}

/// A correction has the last word; leave holds unless the pupil was seen; then what was called.
fn said_of(roll: &Roll, who: &str) -> &'static str {
    let word = |presence: Presence| match presence {
        Presence::Present => "normal",
        Presence::Late => "late",
        Presence::OnLeave => "on_leave",
        Presence::Absent => "absent",
        Presence::Abnormal => "abnormal",
    };
    let student = who.parse().unwrap();
    if let Some(said) = roll.corrected.get(&student) {
        return word(said.presence);
    }
    let named = roll.said.get(&student).map(|said| word(said.presence));
    match (roll.leaves.contains_key(&student), named) {
        (_, Some("normal")) => "normal",
        (_, Some("late")) => "late",
        (true, _) => "on_leave",
        (false, Some(other)) => other,
        (false, None) if roll.called_at.is_some() => "normal",
        (false, None) => "unknown",
    }
}

/// What teachers come to.
pub(crate) fn teachers(school: &School, from: Date, until: Date) -> Pencil {
    let mut pencil = Pencil::new();
    walk(school, from, until, |class, lesson| {
        let roll = school.rolls.get(&class.lesson_id(lesson));
        let held = is_held(school, lesson, roll);
        let then = class.former.iter().find(|former| lesson.date < former.until);
        let own = then.map_or(&class.teachers, |former| &former.teachers);
        let mut duties = Vec::new();
        for teacher in own {
            let who = teacher.person.to_string();
            let in_place = lesson.stand_ins.iter().find(|one| one.absent == teacher.person);
            duties.push((who, in_place.is_some(), false));
            if let Some(one) = in_place {
                duties.push((one.present.person.to_string(), false, true));
            }
        }
        for (who, is_replaced, stands_in) in duties {
            tick(&mut pencil, &who, "planned");
            if lesson.off.is_some() {
                tick(&mut pencil, &who, "off");
            }
            if !held {
                continue;
            }
            tick(&mut pencil, &who, "held");
            if lesson.moved_from.is_some() {
                tick(&mut pencil, &who, "moved");
            }
            if stands_in {
                tick(&mut pencil, &who, "stood_in");
            }
            let is_over = minutes_now(school, lesson.date) >= bell(lesson).1;
            let word = duty(roll, &who, is_replaced, is_over);
            tick(&mut pencil, &who, word);
            if ["normal", "late", "abnormal"].contains(&word) {
                tick(&mut pencil, &who, "hour");
            }
        }
    });
    pencil
}

fn duty(roll: Option<&Roll>, who: &str, is_replaced: bool, is_over: bool) -> &'static str {
    let person = who.parse().unwrap();
    let late = roll.and_then(|roll| roll.check_ins.get(&person)).map(|check_in| check_in.late_minutes > 0);
    let on_leave = roll.is_some_and(|roll| roll.teacher_leaves.contains_key(&person));
    let called = roll.is_some_and(|roll| roll.called_by.as_ref() == Some(&person));
    if is_replaced {
        return if on_leave { "on_leave" } else { "replaced" };
    }
    match late {
        Some(true) => "late",
        Some(false) => "normal",
        None if on_leave => "on_leave",
        None if !is_over => "unknown",
        None if called => "abnormal",
        None => "absent",
    }
}
