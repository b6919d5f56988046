//! Matching (逐笔核对): each row of a bill against the book, and each fact of the book against the bill. S35.1.
//!
//! The rows stream past; only what differs is kept. What a row or a fact lacks on the other side is looked up once more
//! in our tables before it is called a difference: a callback may have come meanwhile, a night may lie between.

use crate::money::Money;
use crate::payment::Channel;
use crate::reconciliation::bill::{BillRow, BillTotals, FeeRate, RowKind, RowStatus};
use crate::reconciliation::book::{Book, Sought, Standing};
use crate::reconciliation::difference::{DifferenceKind, Proof};
use crate::reconciliation::handful::Handful;
use crate::tenant::Tenant;
use crate::time::Moment;

/// How near midnight a fact may be booked on the other day by the provider.
pub const TIMING_MINUTES: i64 = 10;

/// A place where bill and book differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How they differ.
    pub kind: DifferenceKind,
    /// Whose money it is.
    pub of: Tenant,
    /// The provider.
    pub channel: Channel,
    /// Whether it is about a payment or a refund.
    pub side: RowKind,
    /// Our number, or the provider's where there is none of ours.
    pub number: String,
    /// What our books say.
    pub ours: Option<Money>,
    /// What the bill says.
    pub theirs: Option<Money>,
    /// The row, as far as there is one.
    pub proof: Proof,
}

/// A bill that streams past a book.
#[derive(Debug)]
pub struct Matching {
    book: Book,
    /// Of whom a bill without merchant numbers is.
    only: Option<Tenant>,
    totals: BillTotals,
    by_merchant: Vec<BillTotals>,
    waiting: Handful,
}

impl Matching {
    /// A bill against `book`. `only`: a bill of one school alone.
    pub fn new(mut book: Book, only: Option<Tenant>) -> Self {
        book.open();
        let by_merchant = vec![BillTotals::default(); book.merchants().len()];
        Self { book, only, totals: BillTotals::default(), by_merchant, waiting: Handful::default() }
    }

    /// Holds a row against the book, now or together with some that follow: where those that were held differ.
    pub fn meet(&mut self, row: &BillRow<'_>) -> Vec<Finding> {
        self.totals.add(row);
        if self.waiting.keep(row) { self.meet_waiting() } else { Vec::new() }
    }

    fn meet_waiting(&mut self) -> Vec<Finding> {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.book.reach(waiting.sought());
        let found = waiting.rows().filter_map(|(sought, row)| self.held(sought, &row)).collect();
        waiting.clear();
        self.waiting = waiting;
        found
    }

    /// How a row and the book differ; none: they agree.
    fn held(&mut self, sought: Sought, row: &BillRow<'_>) -> Option<Finding> {
        let Some(slot) = self.book.find(sought) else {
            self.count(self.merchant(row.sub_merchant), row);
            return Some(self.unknown(row));
        };
        let (merchant, amount, standing) = (slot.merchant(), slot.amount, slot.standing);
        // Another transaction under a number of ours leaves the fact to be met by its own.
        let own = slot.is_of(row.transaction);
        let before = own && slot.meet();
        let home = self.book.merchant_of(merchant);
        let agreed = home.and_then(|home| home.agreed);
        let at_home = row.sub_merchant.is_empty() || home.is_some_and(|home| home.number == row.sub_merchant);
        let went_to = if at_home { Some(usize::from(merchant)) } else { self.merchant(row.sub_merchant) };
        self.count(went_to, row);
        let kind = differs(row, &Ours { amount, standing, own, before, at_home }, agreed)?;
        let of = self.book.merchant_of(merchant).map_or(Tenant::Platform, |home| home.of.clone());
        Some(self.finding(kind, of, row, Some(amount)))
    }

    /// The bill is over: where its last rows differ, and what no row has met. To be asked for before what the rows of each
    /// merchant add up to.
    pub fn finish(&mut self) -> Vec<Finding> {
        let mut found = self.meet_waiting();
        let expected = |standing| matches!(standing, Standing::Settled | Standing::Unreturned);
        let unmet = self.book.unmet().filter(|(slot, _, _)| expected(slot.standing));
        found.extend(unmet.map(|(slot, side, number)| Finding {
            kind: DifferenceKind::MissingProvider,
            of: self.book.merchant_of(slot.merchant()).map_or(Tenant::Platform, |merchant| merchant.of.clone()),
            channel: self.book.channel,
            side,
            number: number.to_owned(),
            ours: Some(slot.amount),
            theirs: None,
            proof: Proof::default(),
        }));
        found
    }

    /// What the rows add up to.
    pub const fn totals(&self) -> &BillTotals {
        &self.totals
    }

    /// What the rows of each merchant add up to.
    pub fn by_merchant(&self) -> impl Iterator<Item = (&Tenant, &BillTotals)> {
        self.book.merchants().iter().map(|merchant| &merchant.of).zip(&self.by_merchant)
    }

    /// A row without a fact.
    fn unknown(&self, row: &BillRow<'_>) -> Finding {
        let kind = match row.kind {
            RowKind::Payment => DifferenceKind::MissingLocal,
            RowKind::Refund => DifferenceKind::RefundExternal,
        };
        let known = self.merchant(row.sub_merchant).and_then(|at| self.book.merchants().get(at));
        let of = known.map(|merchant| merchant.of.clone()).or_else(|| self.only.clone()).unwrap_or(Tenant::Platform);
        self.finding(kind, of, row, None)
    }

    fn finding(&self, kind: DifferenceKind, of: Tenant, row: &BillRow<'_>, ours: Option<Money>) -> Finding {
        // What paid a number of ours a second time is told from the first by its transaction, a second refund under one
        // number by the provider's number of it.
        let number = if kind == DifferenceKind::DuplicatePaid {
            format!("{}@{}", row.ours(), row.transaction)
        } else if kind == DifferenceKind::RefundExternal && ours.is_some() {
            format!("{}@{}", row.ours(), row.provider_refund_no)
        } else {
            row.ours().to_owned()
        };
        let proof = Proof::of(row);
        Finding { kind, of, channel: self.book.channel, side: row.kind, number, ours, theirs: Some(row.amount), proof }
    }

    fn count(&mut self, merchant: Option<usize>, row: &BillRow<'_>) {
        if let Some(totals) = merchant.and_then(|at| self.by_merchant.get_mut(at)) {
            totals.add(row);
        }
    }

    /// The place of a merchant. It is looked for only where bill and book differ. A bill of one school names nobody.
    fn merchant(&self, number: &str) -> Option<usize> {
        let alone = number.is_empty() && self.only.is_some();
        self.book.merchants().iter().position(|merchant| alone || merchant.number == number)
    }
}

/// A fact as a row sees it.
struct Ours {
    amount: Money,
    standing: Standing,
    /// Whether the transaction may be the fact's own.
    own: bool,
    /// Whether another row was the same.
    before: bool,
    /// Whether the money went where it should.
    at_home: bool,
}

/// How a row differs from its fact: what is worst first.
fn differs(row: &BillRow<'_>, ours: &Ours, agreed: Option<FeeRate>) -> Option<DifferenceKind> {
    let payment = row.kind == RowKind::Payment;
    if ours.before || !ours.own {
        return Some(if payment { DifferenceKind::DuplicatePaid } else { DifferenceKind::RefundExternal });
    }
    if !ours.at_home {
        return Some(DifferenceKind::AccountMismatch);
    }
    if row.amount != ours.amount {
        return Some(DifferenceKind::AmountMismatch);
    }
    match (ours.standing, row.status) {
        (Standing::Unreturned, _) if payment => return Some(DifferenceKind::DuplicatePaid),
        // The bill shows how it stood when it was made: what is done here may have been under way then.
        (Standing::Settled | Standing::Unreturned, RowStatus::Done | RowStatus::Processing)
        | (Standing::Open, RowStatus::Processing) => {}
        (Standing::Settled | Standing::Unreturned, RowStatus::Failed)
        | (Standing::Open, RowStatus::Done | RowStatus::Failed)
        | (Standing::Ended, _) => return Some(DifferenceKind::StateLag),
    }
    let rate = agreed.or(row.fee_rate)?;
    // With a refund a part of the fee may come back, or none, as the contract has it: the bill says which.
    (payment && !rate.of(row.settled).is_about(row.fee)).then_some(DifferenceKind::FeeDiff)
}

/// What our tables know about the number of a finding, read after the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// How much.
    pub amount: Money,
    /// Where the money went, or was to go.
    pub sub_merchant: String,
    /// The provider's number of the transaction.
    pub transaction: Option<String>,
    /// When it moved, by the provider's clock; of a refund, when the provider took it on.
    pub at: Option<Moment>,
    /// How it stands.
    pub standing: Standing,
    /// Whether the bill of a neighbouring day has it.
    pub billed_elsewhere: bool,
}

/// Looks at a finding again, with what our tables know now; `day` is the bill's. None: there is no difference.
pub fn judge(mut finding: Finding, local: Option<&Local>, day: jiff::civil::Date) -> Option<Finding> {
    let Some(local) = local else { return Some(finding) };
    finding.kind = match finding.kind {
        DifferenceKind::MissingLocal | DifferenceKind::RefundExternal => {
            finding.ours = Some(local.amount);
            unbooked(&finding, local, day)?
        }
        DifferenceKind::AccountMismatch if finding.proof.sub_merchant == local.sub_merchant => return None,
        DifferenceKind::MissingProvider if local.billed_elsewhere => return None,
        DifferenceKind::MissingProvider if local.at.is_some_and(|at| near_midnight(at, day)) => DifferenceKind::Timing,
        DifferenceKind::StateLag if local.standing == Standing::Settled && finding.side == RowKind::Refund => {
            return None;
        }
        other @ (DifferenceKind::MissingProvider
        | DifferenceKind::AmountMismatch
        | DifferenceKind::AccountMismatch
        | DifferenceKind::StateLag
        | DifferenceKind::DuplicatePaid
        | DifferenceKind::FeeDiff
        | DifferenceKind::SettlementDiff
        | DifferenceKind::Timing) => other,
    };
    Some(finding)
}

/// A row whose number we know, though not as a fact of this day.
fn unbooked(finding: &Finding, local: &Local, day: jiff::civil::Date) -> Option<DifferenceKind> {
    let proof = &finding.proof;
    if !proof.sub_merchant.is_empty() && proof.sub_merchant != local.sub_merchant {
        return Some(DifferenceKind::AccountMismatch);
    }
    if finding.theirs != Some(local.amount) {
        return Some(DifferenceKind::AmountMismatch);
    }
    match local.standing {
        Standing::Open => Some(DifferenceKind::StateLag),
        Standing::Ended if finding.side == RowKind::Refund => Some(DifferenceKind::StateLag),
        Standing::Ended => Some(DifferenceKind::MissingLocal),
        Standing::Unreturned => Some(DifferenceKind::DuplicatePaid),
        Standing::Settled if local.transaction.as_ref().is_some_and(|ours| *ours != proof.transaction) => {
            Some(DifferenceKind::DuplicatePaid)
        }
        Standing::Settled => local.at.is_some_and(|at| at.day() != day).then_some(DifferenceKind::Timing),
    }
}

/// Whether a moment lies within [`TIMING_MINUTES`] of where a day begins or ends.
fn near_midnight(at: Moment, day: jiff::civil::Date) -> bool {
    at.plus_minutes(TIMING_MINUTES.saturating_neg()).day() != day || at.plus_minutes(TIMING_MINUTES).day() != day
}

/// Holds what was paid out to a school against what the day's bill says is to be: a day's settlement.
pub fn settled(of: &Tenant, channel: Channel, totals: &BillTotals, paid_out: Money) -> Option<Finding> {
    let payable = totals.payable();
    (payable != paid_out).then(|| Finding {
        kind: DifferenceKind::SettlementDiff,
        of: of.clone(),
        channel,
        side: RowKind::Payment,
        number: channel.to_string(),
        ours: Some(payable),
        theirs: Some(paid_out),
        proof: Proof::default(),
    })
}
