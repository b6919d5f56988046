//! Refund rules of a term's orders (退费规则): each version that one was sold under is read once. S34.2.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::{SchoolCode, TermCode};
use domain::refund::rules::RefundRules;
use domain::refund::sets::RulesRef;
use store::{Store, StoreError};

/// The rules that orders of a school's term were sold under, as far as they were asked for.
#[derive(Debug)]
pub struct TermRules {
    school: SchoolCode,
    term: TermCode,
    known: BTreeMap<String, Option<Arc<RefundRules>>>,
}

impl TermRules {
    /// Of a school's term.
    pub const fn of(school: SchoolCode, term: TermCode) -> Self {
        Self { school, term, known: BTreeMap::new() }
    }

    /// The rules of that version. None: it was never in force.
    pub async fn sold_under(
        &mut self,
        store: &Store,
        rules: &RulesRef,
    ) -> Result<Option<Arc<RefundRules>>, StoreError> {
        let name = rules.to_string();
        if let Some(known) = self.known.get(&name) {
            return Ok(known.clone());
        }
        let found = store.rules_sold_under(&self.school, &self.term, rules).await?.map(Arc::new);
        self.known.insert(name, found.clone());
        Ok(found)
    }
}
