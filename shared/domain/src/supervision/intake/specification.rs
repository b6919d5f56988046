//! Specifications with their prices (课程规格及定价), and the offerings that follow them. S5.3.

use serde::{Deserialize, Serialize};

use super::{Compared, Concern, Judged};
use crate::catalog::{Offering, OfferingState, Specification, Term};
use crate::id::{SpecificationCode, TermCode};
use crate::money::Money;
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
    let applied: Vec<&Use<'_>> =
        uses.iter().filter(|one| means(&told.from_term, told.until_term.as_ref(), one.term)).collect();
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

/// Whether the city means a term.
fn means(from: &TermCode, until: Option<&TermCode>, term: &Term) -> bool {
    *from <= term.code && until.is_none_or(|until| term.code <= *until)
}

/// A price that has taken effect (价格变动), and is to be followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    /// The first term it is good for.
    pub from_term: TermCode,
    /// The last one; none: until it is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_term: Option<TermCode>,
    /// What a lesson cost before.
    pub before: Money,
    /// What it costs since.
    pub since: Money,
}

impl PriceChange {
    fn is_of(&self, term: &Term) -> bool {
        means(&self.from_term, self.until_term.as_ref(), term)
    }
}

/// Offerings have still to follow the price of their specification (跟价): by as many changes as there were until they do.
/// What the city tells of it afterwards, and be it that it is gone, takes none of them back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// The specification.
    pub code: SpecificationCode,
    /// Its changes, the earliest first.
    pub changes: Vec<PriceChange>,
}

impl Follow {
    /// What is left to follow once a specification has taken effect as it was told; none: its price is as it was. What has
    /// not been followed yet is not forgotten.
    pub fn after(pending: Option<Self>, told: &SpecificationBody, before: Option<&Specification>) -> Option<Self> {
        let Some(before) = before.filter(|before| before.unit_price != told.unit_price) else { return pending };
        let mut follow = pending.unwrap_or_else(|| Self { code: told.code.clone(), changes: Vec::new() });
        follow.changes.push(PriceChange {
            from_term: told.from_term.clone(),
            until_term: told.until_term.clone(),
            before: before.unit_price,
            since: told.unit_price,
        });
        Some(follow)
    }

    /// An offering that goes with the price of its term; none: it stays as it is. It follows if nobody has seen its price
    /// yet, and if it costs what the specification cost, or more than it may cost from now on.
    pub fn repriced(&self, one: Use<'_>, now: Moment) -> Option<Offering> {
        let Use { offering, term } = one;
        let mut of_term = self.changes.iter().filter(|change| change.is_of(term));
        let price = of_term.clone().next_back()?.since;
        let follows = of_term.any(|change| offering.unit_price == change.before) || offering.unit_price > price;
        let changes = offering.unit_price != price && offering.state != OfferingState::Cancelled;
        let wanted = offering.specification == self.code && follows && changes && !one.was_seen(now);
        wanted.then(|| Offering { unit_price: price, ..offering.clone() })
    }
}
