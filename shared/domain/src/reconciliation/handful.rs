//! A handful of rows (待核对的几行): kept until their facts are looked for side by side. S35.1.
//!
//! The facts of a book lie far from each other in memory. Looked for one by one, each is waited for; looked for together,
//! the waiting is shared.

use crate::reconciliation::bill::BillRow;
use crate::reconciliation::book::Sought;

/// Rows that are looked for at once.
const ROWS: usize = 16;

/// A row that owns its texts.
#[derive(Debug)]
struct Kept {
    sought: Sought,
    /// The row without its texts.
    bare: BillRow<'static>,
    /// Its five texts, one behind the other.
    texts: String,
    /// Where each of them ends.
    ends: [usize; 5],
}

/// Rows that wait. Their memory is used again.
#[derive(Debug, Default)]
pub(crate) struct Handful {
    rows: Vec<Kept>,
    held: usize,
}

impl Handful {
    /// Keeps a row; true when no more fit.
    pub(crate) fn keep(&mut self, row: &BillRow<'_>) -> bool {
        match self.rows.get_mut(self.held) {
            Some(gone) => *gone = Kept::of(row, std::mem::take(&mut gone.texts)),
            None => self.rows.push(Kept::of(row, String::new())),
        }
        self.held = self.held.saturating_add(1);
        self.held >= ROWS
    }

    /// What is sought for the rows that wait.
    pub(crate) fn sought(&self) -> impl Iterator<Item = Sought> {
        self.rows.iter().take(self.held).map(|kept| kept.sought)
    }

    /// The rows that wait, in their order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Sought, BillRow<'_>)> {
        self.rows.iter().take(self.held).map(|kept| (kept.sought, kept.row()))
    }

    /// None waits any more.
    pub(crate) const fn clear(&mut self) {
        self.held = 0;
    }
}

impl Kept {
    /// The row, with its texts in what held those of another.
    fn of(row: &BillRow<'_>, mut texts: String) -> Self {
        texts.clear();
        let parts = [row.sub_merchant, row.transaction, row.number, row.refund_number, row.provider_refund_no];
        let ends = parts.map(|part| {
            texts.push_str(part);
            texts.len()
        });
        let BillRow { line, kind, amount, settled, fee, fee_rate, at, status, .. } = *row;
        let (sub_merchant, transaction, number, refund_number, provider_refund_no) = ("", "", "", "", "");
        let bare = BillRow {
            line,
            kind,
            sub_merchant,
            transaction,
            number,
            refund_number,
            provider_refund_no,
            amount,
            settled,
            fee,
            fee_rate,
            at,
            status,
        };
        Self { sought: Sought::of(kind, row.ours()), bare, texts, ends }
    }

    fn row(&self) -> BillRow<'_> {
        let [one, two, three, four, five] = self.ends;
        let text = |from: usize, until: usize| self.texts.get(from..until).unwrap_or_default();
        BillRow {
            sub_merchant: text(0, one),
            transaction: text(one, two),
            number: text(two, three),
            refund_number: text(three, four),
            provider_refund_no: text(four, five),
            ..self.bare
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;
    use crate::reconciliation::bill::{RowKind, RowStatus, ServiceFee};
    use crate::time::Moment;

    #[test]
    fn s35_1_rows_that_wait_are_what_they_were() {
        let mut handful = Handful::default();
        let numbers: Vec<String> = (0..40).map(|number| "7".repeat(number)).collect();
        let row = |at: usize| BillRow {
            line: u64::try_from(at).unwrap(),
            kind: if at.is_multiple_of(3) { RowKind::Refund } else { RowKind::Payment },
            sub_merchant: &numbers[40 - at - 1],
            transaction: &numbers[at],
            number: "20261-7K3M9Q2XAB-01-1",
            refund_number: if at.is_multiple_of(2) { "R" } else { "" },
            provider_refund_no: &numbers[at / 2],
            amount: Money::from_fen(1),
            settled: Money::from_fen(2),
            fee: ServiceFee::ZERO,
            fee_rate: None,
            at: Moment::from_seconds(1),
            status: RowStatus::Done,
        };
        let mut seen = Vec::new();
        for at in 0..40 {
            if handful.keep(&row(at)) {
                seen.extend(handful.rows().map(|(_, row)| row.line));
                assert!(handful.rows().all(|(_, kept)| kept == row(usize::try_from(kept.line).unwrap())));
                handful.clear();
            }
        }
        assert_eq!((seen.len(), handful.rows().count()), (32, 8));
        assert!(seen.iter().copied().eq(0..32));
    }
}
