//! Suspension (停课): on some days a school gives no lessons of an offering, and everybody whom it concerns gets back by the
//! rules what those lessons cost. S34.2.
//!
//! It is named by what it says, so that saying it twice is saying it once.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::attendance::Attendance;
use crate::catalog::{Offering, OfferingState, Term};
use crate::directory::Grade;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{PersonId, SchoolCode, StudentId, SuspensionId};
use crate::refund::facts::LessonState;
use crate::refund::request::REASON_CHARACTERS;

/// Lessons of an offering that are not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// What it says: which offering, on which days, for which grades.
    pub id: SuspensionId,
    /// The school.
    pub school: SchoolCode,
    /// Why, for the families.
    pub reason: String,
    /// Who says so.
    pub by: PersonId,
}

impl Owned for Suspension {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

/// Why lessons are not suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "suspension/")]
pub enum SuspendError {
    /// The last day before the first, or days outside of the term.
    #[error("停课日期应在学期内({from} 至 {until}),且起始日期不晚于结束日期")]
    DaysUnusable {
        /// The first day of the term.
        from: Date,
        /// The last one.
        until: Date,
    },
    /// No grade of any school.
    #[error("年级应为 1 至 9,请修改后再提交")]
    GradesUnusable,
    /// No reason, or a long one.
    #[error("请填写停课原因,2 至 200 个字")]
    ReasonUnusable,
    /// Nothing is planned on these days.
    #[error("所选日期和范围内没有课程安排,无需停课,请核对日期、年级和课程")]
    NoLessons,
}

impl Fault for SuspendError {
    fn kind(&self) -> Kind {
        match self {
            Self::DaysUnusable { .. } | Self::GradesUnusable | Self::ReasonUnusable => Kind::Invalid,
            Self::NoLessons => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::DaysUnusable { .. } => "from",
            Self::GradesUnusable => "grades",
            Self::ReasonUnusable => "reason",
            Self::NoLessons => return Vec::new(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

/// What a school wants to suspend.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The first and the last day.
    pub days: (Date, Date),
    /// The grades; none: all.
    pub grades: BTreeSet<Grade>,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub by: PersonId,
}

/// The suspensions it comes to: one for each of the offerings with a lesson on one of the days. `planned` are the days of
/// an offering's lessons.
pub fn suspend<'o>(
    wanted: &Wanted,
    term: &Term,
    offerings: impl IntoIterator<Item = &'o Offering>,
    planned: impl Fn(&Offering) -> Vec<Date>,
) -> Result<Vec<Suspension>, SuspendError> {
    let (from, until) = wanted.days;
    if from > until || from < term.starts_on || until > term.ends_on {
        return Err(SuspendError::DaysUnusable { from: term.starts_on, until: term.ends_on });
    }
    if !wanted.grades.iter().all(|grade| (1..=9).contains(grade)) {
        return Err(SuspendError::GradesUnusable);
    }
    if !REASON_CHARACTERS.contains(&wanted.reason.trim().chars().count()) {
        return Err(SuspendError::ReasonUnusable);
    }
    let concerned = |offering: &&Offering| {
        let grades = wanted.grades.is_empty() || !wanted.grades.is_disjoint(&offering.grades);
        grades
            && offering.state != OfferingState::Cancelled
            && planned(offering).iter().any(|date| (from..=until).contains(date))
    };
    let suspended: Vec<Suspension> = offerings
        .into_iter()
        .filter(concerned)
        .map(|offering| Suspension {
            id: SuspensionId::new(&offering.id, wanted.days, &wanted.grades),
            school: term.school.clone(),
            reason: wanted.reason.clone(),
            by: wanted.by.clone(),
        })
        .collect();
    if suspended.is_empty() { Err(SuspendError::NoLessons) } else { Ok(suspended) }
}

/// What a pupil's attendance says anew once lessons are suspended: each that was planned on the days was not given, whatever
/// it was thought to be. One that the pupil has attended was given all the same.
pub fn not_given(
    suspension: &Suspension,
    student: &StudentId,
    planned: &[Date],
    known: &[Attendance],
) -> Vec<Attendance> {
    let (from, until) = suspension.id.days();
    let days: BTreeSet<Date> = planned.iter().copied().filter(|date| (from..=until).contains(date)).collect();
    let offering = suspension.id.offering();
    let mut anew = Vec::new();
    for date in days {
        let of_day: Vec<&Attendance> = known.iter().filter(|one| one.date == date).collect();
        let missed = |one: &&&Attendance| !matches!(one.state, LessonState::Attended | LessonState::NotGiven);
        let changed = of_day.iter().filter(missed);
        anew.extend(changed.map(|one| Attendance { state: LessonState::NotGiven, ..(*one).clone() }));
        let count = planned.iter().filter(|planned| **planned == date).count();
        let free = (1..=u8::MAX).filter(|period| of_day.iter().all(|one| one.period != *period));
        anew.extend(free.take(count.saturating_sub(of_day.len())).map(|period| Attendance {
            student: student.clone(),
            school: offering.school(),
            term: offering.term(),
            course: offering.course(),
            date,
            period,
            state: LessonState::NotGiven,
            materials_received: false,
            sundry_used: false,
        }));
    }
    anew
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::catalog::{Category, Origin};
    use crate::money::Money;
    use crate::teaching::fixture::term;

    const WEEK: (Date, Date) = (date(2026, 10, 12), date(2026, 10, 16));

    fn offering(course: &str, grades: &[Grade], state: OfferingState) -> Offering {
        Offering {
            id: format!("3144200101.2026-2027-1.{course}").parse().unwrap(),
            title: String::new(),
            origin: Origin::InHouse,
            category: Category::Enrichment,
            provider: None,
            summary: String::new(),
            specification: "S1".parse().unwrap(),
            capacity: 30,
            lessons: 16,
            unit_price: Money::from_fen(2_500),
            materials: None,
            sundry: None,
            grades: grades.iter().copied().collect(),
            exclusive: None,
            slots: Vec::new(),
            teacher: String::new(),
            room: String::new(),
            state,
        }
    }

    fn wanted(grades: &[Grade]) -> Wanted {
        Wanted {
            days: WEEK,
            grades: grades.iter().copied().collect(),
            reason: "台风停课".to_owned(),
            by: "A000000001".parse().unwrap(),
        }
    }

    /// K3 has its lessons on a day of another week.
    fn planned(offering: &Offering) -> Vec<Date> {
        let of_week = offering.id.course().as_str() != "K3";
        vec![date(2026, 9, 7), if of_week { date(2026, 10, 13) } else { date(2026, 10, 20) }]
    }

    fn suspended(wanted: &Wanted) -> Result<Vec<String>, SuspendError> {
        let offerings = [
            offering("K1", &[1, 2], OfferingState::Open),
            offering("K2", &[3], OfferingState::Open),
            offering("K3", &[1, 2, 3], OfferingState::Open),
            offering("K4", &[1, 2, 3], OfferingState::Cancelled),
        ];
        let found = suspend(wanted, &term(), &offerings, planned)?;
        Ok(found.iter().map(|one| one.id.to_string()).collect())
    }

    #[test]
    fn s34_2_a_suspension_is_about_the_offerings_that_have_lessons_then() {
        let (k1, k2) =
            ("3144200101.2026-2027-1.K1.2026-10-12.2026-10-16", "3144200101.2026-2027-1.K2.2026-10-12.2026-10-16");
        assert_eq!(suspended(&wanted(&[])), Ok(vec![format!("{k1}.all"), format!("{k2}.all")]));
        assert_eq!(suspended(&wanted(&[2, 4])), Ok(vec![format!("{k1}.2-4")]));
        assert_eq!(suspended(&wanted(&[5])), Err(SuspendError::NoLessons));
    }

    #[test]
    fn s34_2_a_suspension_that_cannot_be_is_refused() {
        let (from, until) = (date(2026, 9, 1), date(2027, 1, 22));
        for days in [(WEEK.1, WEEK.0), (date(2026, 8, 31), WEEK.1), (WEEK.0, date(2027, 1, 23))] {
            let outside = suspended(&Wanted { days, ..wanted(&[]) });
            assert_eq!(outside, Err(SuspendError::DaysUnusable { from, until }));
        }
        assert_eq!(suspended(&wanted(&[10])), Err(SuspendError::GradesUnusable));
        let silent = suspended(&Wanted { reason: " 无 ".to_owned(), ..wanted(&[]) });
        assert_eq!(silent, Err(SuspendError::ReasonUnusable));
    }

    #[test]
    fn s34_2_a_suspension_names_whom_it_concerns() {
        let id = SuspensionId::new(&"3144200101.2026-2027-1.K1".parse().unwrap(), WEEK, &[1, 3].into());
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        assert_eq!((id.offering().to_string().as_str(), id.days()), ("3144200101.2026-2027-1.K1", WEEK));
        assert!(id.concerns(3) && !id.concerns(2));
        for text in
            ["2026-10-16.2026-10-12.all", "2026-10-12.2026-10-16.", "20261012.20261016.all", "2026-10-12.2026-10-16.x"]
        {
            assert!(format!("3144200101.2026-2027-1.K1.{text}").parse::<SuspensionId>().is_err(), "{text}");
        }
    }

    #[test]
    fn s34_2_what_was_suspended_was_not_given_and_is_said_once() {
        let suspension = suspend(&wanted(&[]), &term(), &[offering("K1", &[1], OfferingState::Open)], planned).unwrap();
        let student = "7K3M9Q2XAB".parse().unwrap();
        let days = [date(2026, 9, 7), date(2026, 10, 12), date(2026, 10, 12), date(2026, 10, 12), date(2026, 10, 14)];
        let one = |day: i8, period, state| Attendance {
            student: "7K3M9Q2XAB".parse().unwrap(),
            school: "3144200101".parse().unwrap(),
            term: "2026-2027-1".parse().unwrap(),
            course: "K1".parse().unwrap(),
            date: date(2026, 10, day),
            period,
            state,
            materials_received: day == 12,
            sundry_used: false,
        };
        let mut known = vec![one(12, 2, LessonState::Absent), one(12, 1, LessonState::Attended)];
        let anew = not_given(&suspension[0], &student, &days, &known);
        let told: Vec<_> =
            anew.iter().map(|one| (one.date.day(), one.period, one.state, one.materials_received)).collect();
        let not = LessonState::NotGiven;
        assert_eq!(told, [(12, 2, not, true), (12, 3, not, false), (14, 1, not, false)]);
        known.remove(0);
        known.extend(anew);
        assert_eq!(not_given(&suspension[0], &student, &days, &known), []);
    }
}
