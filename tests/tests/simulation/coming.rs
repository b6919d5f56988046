//! The coming term: what is offered in it is seen by nobody yet, and costs what the city says it costs.

use domain::Money;
use domain::audit::Actor;
use domain::catalog::{Offering, Specification, Term, Weekday, Windows};
use domain::id::OfferingId;
use domain::time::Span;
use store::import::Imported;
use store::{Commit, Store, Versioned};
use testkit::town::{SCHOOL, TERM, Town, id, offering};

/// The term.
pub(crate) const COMING: &str = "2026-2027-2";
/// The course there that has a price of the school's own.
pub(crate) const OWN_COURSE: &str = "C3";
/// What it costs: less than the city ever allows.
pub(crate) const OWN_PRICE: i64 = 2_000;

/// The specification of the town's courses, and one of which nothing is sold yet.
fn specifications() -> [Specification; 2] {
    [("SP1", "书法"), ("SP2", "绘画")].map(|(code, subject)| Specification {
        code: id(code),
        subject: subject.to_owned(),
        smallest: 1,
        largest: 40,
        lesson_minutes: 45,
        unit_price: Money::from_fen(2_500),
    })
}

/// Two courses at the price of their specifications, and one at the school's own.
fn offerings() -> Vec<Offering> {
    let priced = [("C1", "SP1", 2_500), ("C2", "SP2", 2_500), (OWN_COURSE, "SP1", OWN_PRICE)];
    let offered = priced.map(|(course, specification, price)| Offering {
        id: OfferingId::new(&id(SCHOOL), &id(COMING), &id(course)),
        specification: id(specification),
        unit_price: Money::from_fen(price),
        ..offering(course, 20, Weekday::Monday)
    });
    offered.to_vec()
}

fn term(town: &Town) -> Term {
    let from = domain::Moment::parse("2027-01-25T08:00:00+08:00").expect("a moment");
    let opening = Some(Span { from, until: from.plus_minutes(24 * 60) });
    let day = |text: &str| text.parse().expect("a day");
    Term {
        code: id(COMING),
        starts_on: day("2027-02-22"),
        ends_on: day("2027-07-02"),
        windows: Windows { opening, ..Windows::default() },
        ..town.term.clone()
    }
}

/// Sets the term up.
pub(crate) async fn open(store: &Store, town: &Town, now: domain::Moment) {
    assert_eq!(town.term.code, id(TERM));
    let commit = || Commit::new(Actor::system("town"), "town.plan", now);
    let mut first = commit();
    for specification in specifications() {
        first.save_specification(&Versioned::absent(Imported::by_hand(specification))).expect("a specification");
    }
    first.save_term(&Versioned::absent(term(town))).expect("a term");
    store.commit(first).await.expect("written");
    for offering in offerings() {
        let mut commit = commit();
        commit.save_offering(&Versioned::absent(offering.clone())).expect("an offering");
        store.commit(commit).await.expect("written");
        assert!(store.set_capacity(&offering.id, offering.capacity).await.expect("written"));
    }
}
