//! Remittance (到账核对): what a provider's bill of a day leaves to be paid out to a school, and what arrived. S35.1.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{DifferenceId, PersonId, SchoolCode};
use crate::money::Money;
use crate::payment::Channel;
use crate::reconciliation::bill::BillTotals;
use crate::reconciliation::difference::{Difference, DifferenceKind};
use crate::reconciliation::matching::{Finding, settled};
use crate::tenant::Tenant;
use crate::time::Moment;

/// Why bill and bank agree now.
const AGREES: &str = "到账金额与账单应结金额一致";

/// The most that is believed to arrive of one day.
const MOST_FEN: i64 = 1_000_000_000;

/// Why what arrived is not entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "remittance/")]
pub enum RemittanceError {
    /// Beyond what a day brings.
    #[error("单日到账金额不超过 1000 万元,请核对银行流水后填写")]
    AmountUnusable,
}

impl Fault for RemittanceError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        vec![Pointed { pointer: "/amount_fen".to_owned(), detail: self.to_string() }]
    }
}

/// What arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    /// How much; below nothing when more went back than came in.
    pub amount: Money,
    /// Who entered it from the school's bank statement; none: the provider's own figures say so (资金账单).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// When it was entered.
    pub at: Moment,
}

/// A school's day at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remittance {
    /// The school.
    pub school: SchoolCode,
    /// The provider.
    pub channel: Channel,
    /// The day of the bill.
    pub day: Date,
    /// What the school's rows of the bill add up to; none: it was not read yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed: Option<BillTotals>,
    /// What arrived; none: nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Arrived>,
}

impl Owned for Remittance {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

impl Remittance {
    /// A day of which nothing is known.
    pub const fn new(school: SchoolCode, channel: Channel, day: Date) -> Self {
        Self { school, channel, day, billed: None, arrived: None }
    }

    /// The bill was read. False: it says what it said.
    pub fn bill(&mut self, totals: BillTotals) -> bool {
        let news = self.billed != Some(totals);
        self.billed = Some(totals);
        news
    }

    /// The provider says what it paid out. A person's word, who has seen the bank's, stands. False: nothing is new.
    pub fn pay_out(&mut self, amount: Money, now: Moment) -> bool {
        let known = self.arrived.as_ref();
        let news = known.is_none_or(|known| known.by.is_none() && known.amount != amount);
        if news {
            self.arrived = Some(Arrived { amount, by: None, at: now });
        }
        news
    }

    /// A person enters what arrived.
    pub fn enter(&mut self, amount: Money, by: &PersonId, now: Moment) -> Result<(), RemittanceError> {
        if amount.fen().saturating_abs() > MOST_FEN {
            return Err(RemittanceError::AmountUnusable);
        }
        self.arrived = Some(Arrived { amount, by: Some(by.clone()), at: now });
        Ok(())
    }

    /// Where bill and bank differ; none: they do not, or one of them is not known.
    pub fn differs(&self) -> Option<Finding> {
        let (billed, arrived) = (self.billed.as_ref()?, self.arrived.as_ref()?);
        settled(&Tenant::School(self.school.clone()), self.channel, billed, arrived.amount)
    }

    /// Where the difference between them is found, if there is one.
    pub fn difference_id(&self) -> DifferenceId {
        let of = Tenant::School(self.school.clone());
        DifferenceId::new(&of, self.day, DifferenceKind::SettlementDiff, &self.channel.to_string())
    }

    /// What becomes of the difference that is known of this day: it is found, found with other figures, or healed. None:
    /// nothing.
    pub fn difference(&self, known: Option<&Difference>, now: Moment) -> Option<Difference> {
        let finding = self.differs();
        let Some(mut next) = known.cloned() else {
            return finding.map(|finding| Difference::found(finding, self.day, "", now));
        };
        let changed = match finding {
            Some(finding) => next.found_again(&finding, "", now),
            None => self.agrees() && next.heal(AGREES, now),
        };
        changed.then_some(next)
    }

    /// Whether both are known and agree.
    pub fn agrees(&self) -> bool {
        self.billed.is_some() && self.arrived.is_some() && self.differs().is_none()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::reconciliation::bill::ServiceFee;
    use crate::reconciliation::difference::DifferenceState;

    const NOW: Moment = Moment::from_seconds(1_788_235_200);

    fn billed() -> BillTotals {
        BillTotals {
            payments: 2,
            refunds: 1,
            paid: Money::from_fen(30_000),
            refunded: Money::from_fen(5_000),
            fees: ServiceFee::from_thousandths(180_000),
        }
    }

    #[test]
    fn s35_1_what_arrived_is_what_the_bill_leaves_after_refunds_and_fees() {
        let mut day = Remittance::new("3144200101".parse().unwrap(), Channel::Wechat, date(2026, 9, 1));
        let finance = "A000000003".parse().unwrap();
        assert_eq!((day.differs(), day.agrees()), (None, false));
        day.enter(Money::from_fen(24_820), &finance, NOW).unwrap();
        assert_eq!((day.differs(), day.agrees()), (None, false), "the bill is not there");
        assert_eq!(day.enter(Money::from_fen(-MOST_FEN - 1), &finance, NOW), Err(RemittanceError::AmountUnusable));
        assert!(day.bill(billed()) && !day.bill(billed()) && day.agrees());
        day.enter(Money::from_fen(24_821), &finance, NOW).unwrap();
        let found = day.differs().unwrap();
        assert_eq!((found.kind, found.number.as_str()), (DifferenceKind::SettlementDiff, "wechat"));
        assert_eq!((found.ours, found.theirs), (Some(Money::from_fen(24_820)), Some(Money::from_fen(24_821))));
        let open = day.difference(None, NOW).unwrap();
        assert_eq!((&open.id, open.state), (&day.difference_id(), DifferenceState::Open));
        assert_eq!(day.difference(Some(&open), NOW), None, "nothing is new");
        day.enter(Money::from_fen(24_820), &finance, NOW).unwrap();
        let healed = day.difference(Some(&open), NOW).unwrap();
        assert_eq!(healed.state, DifferenceState::Healed);
        assert_eq!((day.difference(Some(&healed), NOW), day.difference(None, NOW)), (None, None));
    }

    #[test]
    fn s35_1_a_persons_word_on_what_arrived_stands() {
        let mut day = Remittance::new("3144200101".parse().unwrap(), Channel::Wechat, date(2026, 9, 1));
        let amount = Money::from_fen(24_820);
        assert!(day.pay_out(amount, NOW) && !day.pay_out(amount, NOW) && day.pay_out(Money::from_fen(1), NOW));
        day.enter(amount, &"A000000003".parse().unwrap(), NOW).unwrap();
        assert!(!day.pay_out(Money::from_fen(1), NOW));
        assert_eq!(day.arrived.map(|arrived| arrived.amount), Some(amount));
    }
}
