//! Specifications with their prices (课程规格及定价), and the offerings that follow them. S5.3.

use serde::{Deserialize, Serialize};

use super::{Compared, Concern, Judged};
use crate::catalog::{Offering, OfferingState, Specification, Term};
use crate::supervision::body::SpecificationBody;
use crate::time::Moment;

/// An offering by a specification, with its term.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// The offering.
    pub offering: &'a Offering,
    /// Its term.
    pub term: &'a Term,
}

impl Use<'_> {
    fn is_enrolling(&self, now: Moment) -> bool {
        self.offering.state == OfferingState::Open && self.term.windows.enrolling(now)
    }

    /// Whether families could enroll so far: then the price is what some of them were told.
    fn was_seen(&self, now: Moment) -> bool {
        self.offering.state == OfferingState::Open && self.term.windows.has_opened(now)
    }
}

/// A specification as the city tells it. Offerings of terms to which it does not apply are not among its uses.
pub fn specification(
    told: &SpecificationBody,
    held: Option<&Specification>,
    uses: &[Use<'_>],
    now: Moment,
) -> Judged<Specification> {
    let value = Specification {
        code: told.code.clone(),
        subject: told.subject.clone(),
        smallest: told.smallest,
        largest: told.largest,
        lesson_minutes: told.lesson_minutes,
        unit_price: told.unit_price,
    };
    let mut compared = Compared::default();
    compared.both("科目", held.map(|held| &held.subject), &value.subject);
    compared.both("最少人数", held.map(|held| &held.smallest), &value.smallest);
    compared.both("最多人数", held.map(|held| &held.largest), &value.largest);
    compared.both("课时分钟", held.map(|held| &held.lesson_minutes), &value.lesson_minutes);
    compared.both("课时单价(元)", held.map(|held| &held.unit_price), &value.unit_price);
    let applied: Vec<&Use<'_>> = uses.iter().filter(|one| applies(told, one.term)).collect();
    let mut concerns = Vec::new();
    if held.is_some_and(|held| held.unit_price != value.unit_price) {
        let enrolling = applied.iter().filter(|one| one.is_enrolling(now)).count();
        if enrolling > 0 {
            concerns.push(Concern::PriceWhileEnrolling { offerings: enrolling });
        }
    }
    let is_above = |one: &&&Use<'_>| one.offering.unit_price > value.unit_price && one.was_seen(now);
    let above = applied.iter().filter(is_above).count();
    let sizes = value.smallest..=value.largest;
    let odd = applied.iter().filter(|one| !sizes.contains(&one.offering.capacity)).count();
    if above > 0 {
        concerns.push(Concern::AbovePrice { offerings: above });
    }
    if odd > 0 {
        concerns.push(Concern::SizeOutOfRange { offerings: odd });
    }
    Judged { value, differences: compared.0, concerns }
}

/// Whether the city means a term: what is told of a later one changes nothing in those before it.
pub fn applies(told: &SpecificationBody, term: &Term) -> bool {
    told.from_term <= term.code && told.until_term.as_ref().is_none_or(|until| term.code <= *until)
}

/// An offering that goes with the new price of its specification; none: it stays as it is. It follows if nobody has seen
/// its price yet, and if it costs what the specification cost, or more than it may cost from now on.
pub fn repriced(one: Use<'_>, before: Option<&Specification>, now_is: &Specification, now: Moment) -> Option<Offering> {
    let Use { offering, .. } = one;
    let follows = before.is_some_and(|before| offering.unit_price == before.unit_price)
        || offering.unit_price > now_is.unit_price;
    let changes = offering.unit_price != now_is.unit_price && offering.state != OfferingState::Cancelled;
    let wanted = offering.specification == now_is.code && follows && changes && !one.was_seen(now);
    wanted.then(|| Offering { unit_price: now_is.unit_price, ..offering.clone() })
}

/// Offerings have still to follow the price of their specification (跟价): by as many steps as it had until they do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// What the specification was before, the earliest first.
    pub before: Vec<Specification>,
}

impl Follow {
    /// What is left to follow once a specification has taken effect; none: its price is as it was. What has not been
    /// followed yet is not forgotten.
    pub fn after(pending: Option<Self>, before: Option<&Specification>, now_is: &Specification) -> Option<Self> {
        match before.filter(|before| before.unit_price != now_is.unit_price) {
            Some(before) => {
                let mut follow = pending.unwrap_or_default();
                follow.before.push(before.clone());
                Some(follow)
            }
            None => pending,
        }
    }

    /// An offering that goes with the price; none: it stays as it is.
    pub fn repriced(&self, one: Use<'_>, now_is: &Specification, now: Moment) -> Option<Offering> {
        self.before.iter().find_map(|before| repriced(one, Some(before), now_is, now))
    }
}
