//! Intake: what differs is told, what is in use waits, and what took effect differs in nothing.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::catalog::{Category, Course, Mode, Offering, OfferingState, Origin, Specification, Term, Windows};
use crate::directory::{Organization, School, Stage};
use crate::instalment::PaymentMode;
use crate::money::Money;
use crate::supervision::body::{InHouseCourseBody, InboundBody, ProviderBody, SchoolBody, SpecificationBody};
use crate::time::Span;

fn now() -> Moment {
    Moment::parse("2026-09-01T08:00:00+08:00").unwrap()
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn told(price: i64) -> SpecificationBody {
    SpecificationBody {
        code: id("SP1"),
        subject: "书法".to_owned(),
        smallest: 10,
        largest: 40,
        lesson_minutes: 45,
        unit_price: Money::from_fen(price),
        from_term: id("2026-2027-1"),
        until_term: None,
    }
}

fn provider_told() -> ProviderBody {
    ProviderBody {
        code: id("9144200001"),
        name: "中山市艺术培训中心".to_owned(),
        credit_code: "91440000100000000X".to_owned(),
        township: None,
        representative: None,
        address: None,
        phone: Some("0760-88880000".to_owned()),
        scope: None,
        licence: "教民144200070000001".to_owned(),
        valid_from: date(2025, 1, 1),
        valid_until: date(2027, 12, 31),
        blacklisted: false,
        blacklist_reason: None,
        blacklisted_since: None,
    }
}

fn held(price: i64) -> Specification {
    specification(&told(price), None, &[], now()).value
}

/// An offering of the specification at this price, and a term whose window is open or not yet.
fn offered(price: i64, is_open: bool) -> (Offering, Term) {
    let from = now().plus_minutes(if is_open { -60 } else { 60 });
    let opening = Some(Span { from, until: from.plus_minutes(600) });
    let term = Term {
        school: id("3144200101"),
        code: id("2026-2027-1"),
        starts_on: date(2026, 9, 1),
        ends_on: date(2027, 1, 20),
        mode: Mode::Immediate,
        windows: Windows { opening, ..Windows::default() },
        limit: 4,
        hold_minutes: 15,
        payment: PaymentMode::Whole,
        remind_hours: None,
        periods: Vec::new(),
    };
    let offering = Offering {
        id: id("3144200101.2026-2027-1.K1"),
        title: "书法入门".to_owned(),
        origin: Origin::InHouse,
        category: Category::Enrichment,
        provider: None,
        summary: String::new(),
        specification: id("SP1"),
        capacity: 40,
        lessons: 16,
        unit_price: Money::from_fen(price),
        materials: None,
        sundry: None,
        grades: [3].into(),
        exclusive: None,
        slots: Vec::new(),
        teacher: String::new(),
        room: String::new(),
        state: OfferingState::Open,
    };
    (offering, term)
}

#[test]
fn s5_3_a_price_takes_effect_unless_families_are_enrolling_at_the_old_one() {
    for (is_open, concerns) in [(false, Vec::new()), (true, vec![Concern::PriceWhileEnrolling { offerings: 1 }])] {
        let (offering, term) = offered(2_500, is_open);
        let uses = [Use { offering: &offering, term: &term }];
        let judged = specification(&told(2_600), Some(&held(2_500)), &uses, now());
        assert_eq!(judged.concerns, concerns);
        assert_eq!(judged.takes_effect(), !is_open);
        let expected = Difference {
            field: "课时单价(元)".to_owned(),
            here: Some("25.00".to_owned()),
            told: Some("26.00".to_owned()),
        };
        assert_eq!(judged.differences, [expected]);
        let follows = repriced(uses[0], Some(&held(2_500)), &judged.value, now());
        assert_eq!(follows.map(|offering| offering.unit_price.fen()), (!is_open).then_some(2_600));
    }
}

#[test]
fn s5_3_what_the_school_has_set_itself_stays_below_the_price() {
    let (offering, term) = offered(2_000, false);
    let one = Use { offering: &offering, term: &term };
    assert_eq!(repriced(one, Some(&held(2_500)), &held(2_600), now()), None, "cheaper by the school's own will");
    let lowered = repriced(one, Some(&held(2_500)), &held(1_800), now());
    assert_eq!(lowered.map(|offering| offering.unit_price.fen()), Some(1_800), "above what it may cost");
}

#[test]
fn b5_1_a_price_below_what_families_were_told_waits() {
    let (offering, term) = offered(2_500, true);
    let uses = [Use { offering: &offering, term: &term }];
    let judged = specification(&told(2_000), Some(&held(2_500)), &uses, now());
    assert!(judged.concerns.contains(&Concern::AbovePrice { offerings: 1 }), "{:?}", judged.concerns);
}

#[test]
fn b5_1_a_provider_that_is_barred_while_it_teaches_waits_and_no_city_lifts_a_bar_of_ours() {
    let by = (&id("A000000001"), now());
    let known: Organization = provider(&provider_told(), None, 0, by).value;
    let barred =
        ProviderBody { blacklisted: true, blacklist_reason: Some("违规收费".to_owned()), ..provider_told() };
    let judged = provider(&barred, Some(&known), 2, by);
    assert!(matches!(judged.concerns.as_slice(), [Concern::ProviderInUse { courses: 2, .. }]), "{:?}", judged.concerns);
    assert!(provider(&barred, Some(&known), 0, by).takes_effect());
    let kept = provider(&provider_told(), Some(&judged.value), 0, by);
    assert!(kept.value.standing.blacklisted.is_some() && kept.is_known(), "{:?}", kept.differences);
}

#[test]
fn b5_1_a_school_keeps_its_accounts_and_moves_by_somebodys_word() {
    let told = SchoolBody {
        code: id("3144200101"),
        name: "五桂山第一小学".to_owned(),
        township: id("442000006000"),
        stages: vec![Stage::Primary],
        address: Some("五桂山街道".to_owned()),
        phone: None,
    };
    let mut known: School = school(&told, None).value;
    known.merchants.wechat = Some("1900000201".to_owned());
    assert!(school(&told, Some(&known)).is_known());
    let moved = SchoolBody { township: id("442000007000"), ..told };
    let judged = school(&moved, Some(&known));
    assert_eq!(judged.value.merchants, known.merchants);
    assert!(matches!(judged.concerns.as_slice(), [Concern::TownshipMoves { .. }]));
}

#[test]
fn b5_1_a_course_waits_for_what_it_names_and_for_whoever_gives_it() {
    let body = InHouseCourseBody {
        school: id("3144200101"),
        term: id("2026-2027-1"),
        code: id("K1"),
        title: "书法入门".to_owned(),
        category: Category::Enrichment,
        specification: id("SP1"),
        grades: [3].into(),
        lessons: 16,
        summary: None,
    };
    let told = InboundBody::InHouseCourse(body);
    let nothing = Offered { course: None, offering: None, knows_provider: true, knows_specification: false };
    let judged = course(&told, nothing).unwrap();
    assert_eq!(judged.concerns, [Concern::SpecificationUnknown { specification: id("SP1") }]);
    let (offering, _) = offered(2_500, true);
    let theirs = Course { origin: Origin::External, provider: Some(id("9144200001")), ..judged.value.clone() };
    let known = Offered { course: Some(&theirs), offering: Some(&offering), knows_specification: true, ..nothing };
    assert_eq!(course(&told, known).unwrap().concerns, [Concern::GivenByAnother]);
    let same = Offered { course: Some(&judged.value), ..known };
    assert!(course(&told, same).unwrap().is_known());
}

proptest! {
    #[test]
    fn s5_1_what_has_taken_effect_differs_in_nothing(price in 1i64..10_000, before in 1i64..10_000, largest in 10u16..60) {
        let told = SpecificationBody { largest, ..told(price) };
        let once = specification(&told, Some(&held(before)), &[], now());
        let again = specification(&told, Some(&once.value), &[], now());
        prop_assert!(again.is_known());
        prop_assert_eq!(again.value, once.value);
    }
}
