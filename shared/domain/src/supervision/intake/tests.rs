//! Intake: what differs is told, what is in use waits, and what took effect differs in nothing.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::catalog::{Category, Course, Mode, Offering, OfferingState, Origin, Specification, Term, Windows};
use crate::directory::{Organization, OrganizationKind, School, Stage};
use crate::fault::{Fault as _, Kind};
use crate::instalment::PaymentMode;
use crate::money::Money;
use crate::supervision::body::{InHouseCourseBody, InboundBody, ProviderBody, SchoolBody, SpecificationBody};
use crate::supervision::{Inbound, Received};
use crate::tenant::Tenant;
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
        let follow = Follow::after(None, &told(2_600), Some(&held(2_500))).unwrap();
        let follows = follow.repriced(uses[0], now());
        assert_eq!(follows.map(|offering| offering.unit_price.fen()), (!is_open).then_some(2_600));
    }
}

#[test]
fn s5_3_what_the_school_has_set_itself_stays_below_the_price() {
    let (offering, term) = offered(2_000, false);
    let one = Use { offering: &offering, term: &term };
    let follow = |price| Follow::after(None, &told(price), Some(&held(2_500))).unwrap();
    assert_eq!(follow(2_600).repriced(one, now()), None, "cheaper by the school's own will");
    let lowered = follow(1_800).repriced(one, now());
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
    let nothing = Offered {
        course: None,
        offering: None,
        knows_school: true,
        knows_term: true,
        knows_provider: true,
        knows_specification: false,
    };
    let judged = course(&told, nothing).unwrap();
    assert_eq!(judged.concerns, [Concern::SpecificationUnknown { specification: id("SP1") }]);
    let termless = course(&told, Offered { knows_term: false, knows_specification: true, ..nothing }).unwrap();
    assert_eq!(termless.concerns, [Concern::TermUnknown { term: id("2026-2027-1") }]);
    let homeless = Offered { knows_school: false, knows_term: false, knows_specification: true, ..nothing };
    assert_eq!(course(&told, homeless).unwrap().concerns, [Concern::SchoolUnknown { school: id("3144200101") }]);
    let (offering, _) = offered(2_500, true);
    let theirs = Course { origin: Origin::External, provider: Some(id("9144200001")), ..judged.value.clone() };
    let known = Offered { course: Some(&theirs), offering: Some(&offering), knows_specification: true, ..nothing };
    assert_eq!(course(&told, known).unwrap().concerns, [Concern::GivenByAnother]);
    let same = Offered { course: Some(&judged.value), ..known };
    assert!(course(&told, same).unwrap().is_known());
    let next_term = course(&told, Offered { offering: None, ..same }).unwrap();
    assert!(next_term.takes_effect(), "it is to be offered");
    let drafted = draft(&told, &held(2_500)).unwrap();
    assert_eq!((drafted.capacity, drafted.lessons, drafted.unit_price.fen()), (40, 16, 2_500));
    assert_eq!((drafted.state, drafted.origin), (OfferingState::Draft, Origin::InHouse));
    assert!(course(&told, Offered { offering: Some(&drafted), ..same }).unwrap().is_known());
}

#[test]
fn b5_1_what_has_the_code_of_a_provider_and_is_none_stays_what_it_is() {
    let by = (&id("A000000001"), now());
    let mut township = provider(&provider_told(), None, 0, by).value;
    township.kind = OrganizationKind::Township;
    let judged = provider(&provider_told(), Some(&township), 0, by);
    assert!(matches!(judged.concerns.as_slice(), [Concern::CodeTaken { .. }]), "{:?}", judged.concerns);
    let mut entry = entry();
    entry.judged(judged.differences, judged.concerns.clone(), now());
    let refused = entry.confirmed(judged.concerns, id("A000000001"), now()).unwrap_err();
    assert!(matches!(refused, IntakeError::NotYet { .. }) && refused.kind() == Kind::Refused);
}

fn entry() -> Entry {
    let body = InboundBody::Specification(told(2_500));
    let received = Received {
        inbound: Inbound::Specification,
        source_id: id("SP1"),
        version: 3,
        changed_at: now(),
        body: Some(body.clone()),
    };
    Entry::received(&received, Some(&body), IntakePlace::of(&body, now()), now())
}

#[test]
fn b5_1_a_record_is_decided_while_it_waits_or_was_declined() {
    let (by, concerns) = (id("A000000001"), gone(2));
    let mut entry = entry();
    assert_eq!((entry.title.as_str(), entry.waits_since()), ("书法", None));
    entry.judged(Vec::new(), concerns.clone(), now());
    assert_eq!((entry.waits_since(), entry.may_clear()), (Some(now()), false));
    entry.declined("先核对合同".to_owned(), id("A000000002"), now()).unwrap();
    assert_eq!((entry.standing(), entry.waits_since()), (IntakeStanding::Declined, None));
    entry.confirmed(concerns, by, now()).unwrap();
    let refused = entry.declined("再想想".to_owned(), id("A000000002"), now()).unwrap_err();
    assert_eq!(refused.to_string(), "该记录已生效,无需处理,请刷新列表");
    let mut early = Entry { superseded: true, ..entry.clone() };
    early.state = IntakeState::Waiting { concerns: gone(1) };
    assert!(early.waits_since().is_none() && early.declined("旧".to_owned(), id("A000000002"), now()).is_err());
    assert!(gone(0).is_empty(), "what nobody uses is noted");
}

#[test]
fn b5_1_what_waits_for_another_record_is_judged_again() {
    let concern = Concern::ProviderUnknown { provider: id("JG0001") };
    let mut entry = entry();
    entry.judged(Vec::new(), vec![concern.clone(), Concern::GivenByAnother], now());
    assert!(entry.may_clear());
    let refused = entry.confirmed(vec![Concern::GivenByAnother, concern], id("A000000001"), now()).unwrap_err();
    assert_eq!(refused.to_string(), "暂不能采用:机构 JG0001 尚未同步,请待机构数据到达后处理");
}

#[test]
fn s5_1_what_the_city_tells_is_kept_under_the_term_it_is_of() {
    let at = |day: &str| Moment::parse(&format!("{day}T08:00:00+08:00")).unwrap();
    let price = InboundBody::Specification(told(2_500));
    let kept = |body: &InboundBody, day: &str| IntakePlace::of(body, at(day)).term.to_string();
    assert_eq!(kept(&price, "2026-05-01"), "2026-2027-1", "a price holds from the term it begins with");
    assert_eq!(kept(&price, "2027-03-01"), "2026-2027-2");
    let provider = InboundBody::Provider(provider_told());
    for (day, term) in [
        ("2026-06-30", "2025-2026-2"),
        ("2026-07-01", "2026-2027-1"),
        ("2026-12-31", "2026-2027-1"),
        ("2027-01-31", "2026-2027-1"),
        ("2027-02-01", "2026-2027-2"),
    ] {
        assert_eq!(kept(&provider, day), term, "{day}");
    }
    assert_eq!(IntakePlace::of(&provider, now()).tenant(), Tenant::Platform);
}

#[test]
fn b5_1_a_pull_goes_on_where_it_stopped_and_begins_anew_each_day() {
    let mut pull = Pull::of_day(None, Inbound::School, now());
    pull.took(Some("100".to_owned()), now());
    let later = now().plus_minutes(60);
    assert_eq!(Pull::of_day(Some(pull.clone()), Inbound::School, later), pull);
    let tomorrow = now().plus_minutes(24 * 60);
    assert_eq!(Pull::of_day(Some(pull.clone()), Inbound::School, tomorrow), Pull::begin(Inbound::School, tomorrow));
    pull.took(None, later);
    assert_eq!((pull.cursor.as_deref(), pull.finished), (None, Some(later)));
}

#[test]
fn s5_3_a_price_that_changes_twice_is_followed_from_either() {
    let (offering, term) = offered(2_500, false);
    let one = Use { offering: &offering, term: &term };
    let fen = |follow: &Follow| follow.repriced(one, now()).map(|offering| offering.unit_price.fen());
    let first = Follow::after(None, &told(2_600), Some(&held(2_500))).unwrap();
    let both = Follow::after(Some(first.clone()), &told(2_700), Some(&held(2_600))).unwrap();
    assert_eq!(fen(&both), Some(2_700));
    assert_eq!(
        Follow::after(Some(first.clone()), &told(2_600), Some(&held(2_600))),
        Some(first.clone()),
        "what is left"
    );
    assert_eq!(Follow::after(None, &told(2_600), None), None, "nothing was sold by it");
    let later = SpecificationBody { from_term: id("2029-2030-1"), ..told(2_800) };
    let of_later = Follow::after(Some(first), &later, Some(&held(2_600))).unwrap();
    assert_eq!(fen(&of_later), Some(2_600), "a price of a later term leaves the terms before it as they are to be");
    assert_eq!(fen(&Follow::after(None, &later, Some(&held(2_500))).unwrap()), None);
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
