//! Checking in (签到): whether a teacher may say now, and here, that the lesson is given, and whether that is late. T1.

use super::bell;
use super::class::TeachingClass;
use super::lesson::Lesson;
use super::roll::{CheckIn, Roll, RollError};
use super::rules::{Place, TeachingRules};
use crate::catalog::Period;
use crate::id::PersonId;
use crate::time::Moment;

/// Micrometres that a millionth of a degree is long on a meridian.
const MILLIONTH_MICROMETRES: u128 = 111_195;
/// Millionths of a degree around the earth.
const AROUND: u64 = 360_000_000;
/// A degree in millionths.
const DEGREE: u64 = 1_000_000;
/// What the table of cosines holds for 1.
const ONE: u64 = 10_000;
/// Cosines of 0 to 90 degrees in ten-thousandths. Between them they run almost straight: at 5 km that is no metre.
#[rustfmt::skip]
const COSINES: [u64; 91] = [
    10000, 9998, 9994, 9986, 9976, 9962, 9945, 9925, 9903, 9877, 9848, 9816, 9781, 9744, 9703, 9659, 9613, 9563, 9511,
    9455, 9397, 9336, 9272, 9205, 9135, 9063, 8988, 8910, 8829, 8746, 8660, 8572, 8480, 8387, 8290, 8192, 8090, 7986,
    7880, 7771, 7660, 7547, 7431, 7314, 7193, 7071, 6947, 6820, 6691, 6561, 6428, 6293, 6157, 6018, 5878, 5736, 5592,
    5446, 5299, 5150, 5000, 4848, 4695, 4540, 4384, 4226, 4067, 3907, 3746, 3584, 3420, 3256, 3090, 2924, 2756, 2588,
    2419, 2250, 2079, 1908, 1736, 1564, 1392, 1219, 1045, 872, 698, 523, 349, 175, 0,
];

/// Where somebody says to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whereabouts {
    /// Latitude in millionths of a degree (GCJ-02).
    pub latitude: i32,
    /// Longitude in millionths of a degree.
    pub longitude: i32,
}

/// What checking in is judged by.
#[derive(Debug, Clone, Copy)]
pub struct CheckInFacts<'a> {
    /// The class.
    pub class: &'a TeachingClass,
    /// The lesson.
    pub lesson: &'a Lesson,
    /// When the lesson's period is; none: the school has taken it off its bells, and nobody is early or late.
    pub period: Option<&'a Period>,
    /// How the school takes attendance.
    pub rules: &'a TeachingRules,
}

/// Enters that a teacher is there. Who has checked in already has, whatever the time and the place. Returns whether it
/// says anything new.
pub fn check_in(
    roll: &mut Roll,
    facts: CheckInFacts<'_>,
    person: &PersonId,
    whereabouts: Option<Whereabouts>,
    now: Moment,
) -> Result<bool, RollError> {
    let CheckInFacts { class, lesson, period, rules } = facts;
    if !class.teachers_of(lesson).iter().any(|teacher| teacher.person == *person) {
        return Err(RollError::NotTheTeacher);
    }
    if roll.check_ins.contains_key(person) {
        return Ok(false);
    }
    if !lesson.is_given() {
        return Err(RollError::NotGiven);
    }
    if roll.sealed {
        return Err(RollError::Sealed);
    }
    let periods = period.map_or_else(Default::default, std::slice::from_ref);
    check_time(lesson, periods, rules, now)?;
    let late_minutes = bell::late_minutes(now, lesson.at(), periods, rules);
    let metres = rules.place.map(|place| metres_from(place, whereabouts)).transpose()?;
    roll.settle_at(lesson.at());
    roll.check_in(person, CheckIn { at: now, late_minutes, metres, correction: None })
}

/// Whether a lesson can be checked in to at this time.
fn check_time(lesson: &Lesson, periods: &[Period], rules: &TeachingRules, now: Moment) -> Result<(), RollError> {
    let opens = bell::begins(lesson.at(), periods).plus_minutes(i64::from(rules.early_minutes).saturating_neg());
    if now < opens {
        return Err(RollError::TooEarly { minutes: rules.early_minutes });
    }
    if now >= bell::ends(lesson.at(), periods) { Err(RollError::TooLate) } else { Ok(()) }
}

/// How far from where teachers check in, if that is near enough.
fn metres_from(place: Place, whereabouts: Option<Whereabouts>) -> Result<u32, RollError> {
    let metres = metres_between(place, whereabouts.ok_or(RollError::PlaceMissing)?);
    if metres <= u32::from(place.metres) { Ok(metres) } else { Err(RollError::Elsewhere { metres }) }
}

/// Metres on the ground, as on a plane that touches the earth there: nobody teaches from far away.
fn metres_between(place: Place, other: Whereabouts) -> u32 {
    let north = u64::from(place.latitude.abs_diff(other.latitude));
    let around = u64::from(place.longitude.abs_diff(other.longitude)) % AROUND;
    let around = around.min(AROUND.saturating_sub(around));
    let east = u128::from(around).saturating_mul(u128::from(cosine(place.latitude))) / u128::from(ONE);
    let squared = east.saturating_pow(2).saturating_add(u128::from(north).saturating_pow(2));
    // In thousandths of a millionth of a degree, so that nothing of a metre is lost with the rest of the root.
    let thousandths = squared.saturating_mul(1_000_000).isqrt();
    let metres = thousandths.saturating_mul(MILLIONTH_MICROMETRES) / 1_000_000_000;
    u32::try_from(metres).unwrap_or(u32::MAX)
}

/// The cosine of a latitude in ten-thousandths.
fn cosine(latitude: i32) -> u64 {
    let latitude = u64::from(latitude.unsigned_abs()).min(90 * DEGREE);
    let at = |degree: u64| usize::try_from(degree).ok().and_then(|degree| COSINES.get(degree)).copied().unwrap_or(0);
    let (degree, rest) = (latitude / DEGREE, latitude % DEGREE);
    let fall = at(degree).saturating_sub(at(degree.saturating_add(1)));
    at(degree).saturating_sub(fall.saturating_mul(rest) / DEGREE)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::teaching::class::TeacherRole;
    use crate::teaching::class::tests::{class, teacher};
    use crate::teaching::lesson::StandIn;

    /// The gate of a school in 五桂山.
    const GATE: Place = Place { latitude: 22_430_000, longitude: 113_410_000, metres: 200 };

    fn at(time: &str) -> Moment {
        Moment::parse(&format!("2026-09-02T{time}+08:00")).unwrap()
    }

    fn lesson() -> Lesson {
        Lesson::planned(1, date(2026, 9, 2), 1)
    }

    fn first() -> Period {
        Period { number: 1, name: "课后第一节".to_owned(), from_minute: 990, until_minute: 1035 }
    }

    fn checked(
        roll: &mut Roll,
        lesson: &Lesson,
        place: Option<Place>,
        whereabouts: Option<Whereabouts>,
        now: Moment,
    ) -> Result<bool, RollError> {
        let class = class("3144200101.2026-2027-1.K1.01");
        let rules = TeachingRules { place, ..TeachingRules::built_in() };
        let facts = CheckInFacts { class: &class, lesson, period: Some(&first()), rules: &rules };
        check_in(roll, facts, &"T000000001".parse().unwrap(), whereabouts, now)
    }

    fn roll() -> Roll {
        Roll::new(&"3144200101.2026-2027-1.K1.01".parse().unwrap(), 1, lesson().at())
    }

    /// How late somebody is who checks in then.
    fn late(time: &str) -> Result<u16, RollError> {
        let mut roll = roll();
        checked(&mut roll, &lesson(), None, None, at(time))?;
        Ok(roll.check_ins.values().next().unwrap().late_minutes)
    }

    #[test]
    fn t1_1_a_teacher_checks_in_from_half_an_hour_before_until_the_end() {
        assert_eq!(late("15:59:59"), Err(RollError::TooEarly { minutes: 30 }));
        assert_eq!(late("16:00:00"), Ok(0));
        assert_eq!(late("16:35:00"), Ok(0), "within the grace");
        assert_eq!(late("16:35:01"), Ok(6), "a minute that has begun counts");
        assert_eq!(late("17:14:59"), Ok(45));
        assert_eq!(late("17:15:00"), Err(RollError::TooLate));
    }

    #[test]
    fn t1_1_who_has_checked_in_has() {
        let mut roll = roll();
        assert_eq!(checked(&mut roll, &lesson(), None, None, at("16:20:00")), Ok(true));
        let known = roll.clone();
        assert_eq!(checked(&mut roll, &lesson(), None, None, at("20:00:00")), Ok(false));
        roll.seal();
        assert_eq!(checked(&mut roll, &lesson(), Some(GATE), None, at("20:00:00")), Ok(false));
        assert_eq!(roll.check_ins, known.check_ins);
    }

    #[test]
    fn t1_1_nobody_checks_in_for_another_or_for_a_lesson_that_is_not_given() {
        let other = teacher("T000000002", TeacherRole::Main);
        let stand_ins = vec![StandIn { absent: "T000000001".parse().unwrap(), present: other }];
        let substituted = Lesson { stand_ins, ..lesson() };
        let refused = checked(&mut roll(), &substituted, None, None, at("16:20:00"));
        assert_eq!(refused, Err(RollError::NotTheTeacher));
        let off = Lesson { off: Some("停电".to_owned()), ..lesson() };
        assert_eq!(checked(&mut roll(), &off, None, None, at("16:20:00")), Err(RollError::NotGiven));
        let mut sealed = roll();
        sealed.seal();
        assert_eq!(checked(&mut sealed, &lesson(), None, None, at("16:20:00")), Err(RollError::Sealed));
    }

    #[test]
    fn t1_1_where_a_teacher_checks_in_is_looked_at_if_the_school_wants_it() {
        let near = Whereabouts { latitude: 22_431_000, longitude: 113_411_000 };
        let far = Whereabouts { latitude: 22_440_000, longitude: 113_410_000 };
        let mut roll = roll();
        let mut check = |whereabouts| checked(&mut roll, &lesson(), Some(GATE), whereabouts, at("16:20:00"));
        assert_eq!(check(None), Err(RollError::PlaceMissing));
        assert_eq!(check(Some(far)), Err(RollError::Elsewhere { metres: 1111 }));
        assert_eq!(check(Some(near)), Ok(true));
        assert_eq!(roll.check_ins.values().next().unwrap().metres, Some(151));
    }

    #[test]
    fn t1_2_distances_are_right_to_a_thousandth() {
        // By the haversine formula on a sphere of 6371 km.
        for (place, other, metres) in [
            ((22_430_000, 113_410_000), (22_475_000, 113_410_000), 5004),
            ((22_430_000, 113_410_000), (22_430_000, 113_458_000), 4934),
            ((22_430_000, 113_410_000), (22_430_000, 113_410_000), 0),
            ((0, 179_999_000), (0, -179_999_000), 222),
        ] {
            let place = Place { latitude: place.0, longitude: place.1, metres: 200 };
            let found = metres_between(place, Whereabouts { latitude: other.0, longitude: other.1 });
            assert!(found.abs_diff(metres) <= u32::max(1, metres / 1000), "{found} {metres}");
        }
    }

    #[test]
    fn t1_1_a_period_that_is_no_more_makes_nobody_late() {
        let (class, rules) = (class("3144200101.2026-2027-1.K1.01"), TeachingRules::built_in());
        let mut roll = roll();
        let facts = CheckInFacts { class: &class, lesson: &lesson(), period: None, rules: &rules };
        assert_eq!(check_in(&mut roll, facts, &"T000000001".parse().unwrap(), None, at("20:00:00")), Ok(true));
        assert_eq!(roll.check_ins.values().next().unwrap().late_minutes, 0);
    }
}
