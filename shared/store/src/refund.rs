//! Refunds (退款单), the requests for them, and the rules they go by, in their tables.

use domain::access::Guarded;
use domain::id::{OrganizationId, PaymentNo, PersonId, RefundNo, RefundRequestId, SchoolCode, TermCode};
use domain::refund::Refund;
use domain::refund::request::RefundRequest;
use domain::refund::rules::RefundRules;
use domain::refund::sets::{RuleSet, RulesOwner, RulesRef};
use futures::future::try_join_all;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

/// A refund in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundPlace {
    /// The refund.
    pub no: RefundNo,
}

/// Whose refund of a payer the provider is being asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The refund.
    pub refund: RefundNo,
}

/// Refunds or requests, and where the next page begins.
pub type Listed<T> = (Vec<Guarded<Versioned<T>>>, Option<String>);

impl Store {
    /// A refund.
    pub async fn refund(&self, no: &RefundNo) -> Result<Option<Guarded<Versioned<Refund>>>, StoreError> {
        self.guarded("refund", &key::refund(no)).await
    }

    /// The refunds of a payment as they are now.
    pub async fn refunds_now(&self, payment: &PaymentNo) -> Result<Vec<Guarded<Versioned<Refund>>>, StoreError> {
        let found = self.all_now("refund", (Table::Money, &key::payment(payment).pk, "REFUND#")).await?;
        Ok(found.into_iter().map(Guarded::new).collect())
    }

    /// The refunds of a payment, in the order in which they were set aside.
    pub async fn refunds(&self, payment: &PaymentNo) -> Result<Vec<Guarded<Versioned<Refund>>>, StoreError> {
        let found = self.all("refund", (Table::Money, &key::payment(payment).pk, "REFUND#")).await?;
        Ok(found.into_iter().map(Guarded::new).collect())
    }

    /// A page of the refunds of a school and term.
    pub async fn refunds_at(
        &self,
        school: &SchoolCode,
        term: &TermCode,
        after: Option<&RefundNo>,
        limit: i32,
    ) -> Result<Listed<Refund>, StoreError> {
        let after = after.map(|no| format!("REFUND#{no}"));
        let within = (Table::Money, &*key::refunds_at(school, term), "REFUND#");
        let page = self.page::<RefundPlace>("refund-place", within, after.as_deref(), limit).await?;
        let found = try_join_all(page.items.iter().map(|place| self.refund(&place.value.no))).await?;
        let next = page.next.and_then(|sk| sk.strip_prefix("REFUND#").map(str::to_owned));
        Ok((found.into_iter().flatten().collect(), next))
    }

    /// The refunds of a school that a provider took on on a day.
    pub async fn refunds_of_day(&self, school: &SchoolCode, day: Date) -> Result<Vec<RefundNo>, StoreError> {
        let within = (Table::Money, &*key::refunds_of_day(school, day), "REFUND#");
        let found = self.all::<RefundPlace>("refund-place", within).await?;
        Ok(found.into_iter().map(|place| place.value.no).collect())
    }

    /// A request for a refund.
    pub async fn refund_request(
        &self,
        id: &RefundRequestId,
    ) -> Result<Option<Guarded<Versioned<RefundRequest>>>, StoreError> {
        self.guarded("refund-request", &key::refund_request(id)).await
    }

    /// A page of the requests of a school and term.
    pub async fn refund_requests(
        &self,
        school: &SchoolCode,
        term: &TermCode,
        after: Option<&RefundRequestId>,
        limit: i32,
    ) -> Result<Listed<RefundRequest>, StoreError> {
        let after = after.map(|id| format!("REQUEST#{id}"));
        let within = (Table::Money, &*key::refund_requests(school, term), "REQUEST#");
        let page = self.page("refund-request", within, after.as_deref(), limit).await?;
        let next = page.next.and_then(|sk| sk.strip_prefix("REQUEST#").map(str::to_owned));
        Ok((page.items.into_iter().map(Guarded::new).collect(), next))
    }

    /// Whose turn it is at the provider, of all refunds of a payer.
    pub async fn turn(&self, payer: &PersonId) -> Result<Option<Versioned<Turn>>, StoreError> {
        self.get("turn", &key::turn(payer)).await
    }

    /// The rules somebody has decided on, as they are in force.
    pub async fn rule_set(&self, owner: &RulesOwner) -> Result<Option<Versioned<RuleSet>>, StoreError> {
        self.get("rules", &key::rules(owner)).await
    }

    /// By which rules what is sold now goes back: the school's for the term, else its township's, else the standard.
    pub async fn rules_in_force(
        &self,
        school: &SchoolCode,
        term: &TermCode,
        township: &OrganizationId,
    ) -> Result<RulesRef, StoreError> {
        let own = self.rule_set(&RulesOwner::School(school.clone(), term.clone())).await?;
        if let Some(own) = own {
            return Ok(RulesRef::School(own.ver));
        }
        let common = self.rule_set(&RulesOwner::Township(township.clone())).await?;
        Ok(common.map_or(RulesRef::BuiltIn, |common| RulesRef::Township(township.clone(), common.ver)))
    }

    /// The rules an order of a school and term was sold under. None: no such version was ever in force.
    pub async fn rules_sold_under(
        &self,
        school: &SchoolCode,
        term: &TermCode,
        rules: &RulesRef,
    ) -> Result<Option<RefundRules>, StoreError> {
        let place = match rules {
            RulesRef::BuiltIn => return Ok(Some(RefundRules::built_in())),
            RulesRef::School(version) => {
                key::rules_version(&RulesOwner::School(school.clone(), term.clone()), *version)
            }
            RulesRef::Township(township, version) => {
                key::rules_version(&RulesOwner::Township(township.clone()), *version)
            }
        };
        Ok(self.get::<RuleSet>("rules-version", &place).await?.map(|found| found.value.rules))
    }
}

impl Commit {
    /// Writes the next version of a refund. A new one gets its place in the list of its school and term.
    pub fn save_refund(&mut self, refund: &Versioned<Refund>) -> Result<(), StoreError> {
        let no = refund.value.no();
        if refund.ver == 0 {
            let place = Versioned::absent(RefundPlace { no: no.clone() });
            self.put_untraced("refund-place", key::refund_place(&refund.value.school, &no), &place, None)?;
        }
        self.put("refund", key::refund(&no), refund, refund.value.due())
    }

    /// Lists a refund that the provider has taken on under the day on which it did.
    pub fn list_refund(&mut self, refund: &Refund, day: Date) -> Result<(), StoreError> {
        let place = Versioned::absent(RefundPlace { no: refund.no() });
        let key = key::refund_of_day(&refund.school, day, &refund.no());
        self.put_untraced("refund-place", key, &place, None)
    }

    /// Writes the next version of a request.
    pub fn save_refund_request(&mut self, request: &Versioned<RefundRequest>) -> Result<(), StoreError> {
        self.put("refund-request", key::refund_request(&request.value.id), request, None)
    }

    /// Gives a payer's turn to a refund.
    pub fn take_turn(&mut self, payer: &PersonId, turn: &Versioned<Turn>) -> Result<(), StoreError> {
        self.put_untraced("turn", key::turn(payer), turn, None)
    }

    /// Puts rules in force. What was in force stays under its version, for the orders that were sold under it.
    pub fn save_rules(&mut self, set: &Versioned<RuleSet>) -> Result<(), StoreError> {
        let owner = &set.value.owner;
        let version = key::rules_version(owner, set.ver.saturating_add(1));
        self.put_untraced("rules-version", version, &Versioned::absent(&set.value), None)?;
        self.put("rules", key::rules(owner), set, None)
    }
}
