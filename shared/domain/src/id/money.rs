//! Addresses in the identifiers of money (资金标识): orders, payments, refunds, what is asked for, batches of settlement.

use super::{BatchId, OrderNo, PaymentNo, RefundNo, RefundRequestId, SchoolCode, StudentId, TermCode};

impl OrderNo {
    /// The `seq`-th order (from 1) of a pupil in a term.
    pub fn new(term: &TermCode, student: &StudentId, seq: u8) -> Self {
        Self(format!("{}-{student}-{seq:02}", term.short()))
    }

    /// The term it belongs to.
    pub fn term(&self) -> TermCode {
        Self::take_apart(&self.0).map_or_else(|| TermCode(String::new()), |(term, _, _)| term)
    }

    /// The pupil it belongs to.
    pub fn student(&self) -> StudentId {
        Self::take_apart(&self.0).map_or_else(|| StudentId(String::new()), |(_, student, _)| student)
    }

    /// Its number among the pupil's orders of the term, from 1.
    pub fn seq(&self) -> u8 {
        Self::take_apart(&self.0).map_or(0, |(_, _, seq)| seq)
    }

    pub(super) fn take_apart(text: &str) -> Option<(TermCode, StudentId, u8)> {
        let mut parts = text.split('-');
        let (term, student, seq) = (parts.next()?, parts.next()?, parts.next()?);
        let seq = Some(seq).filter(|seq| seq.len() == 2)?.parse().ok().filter(|seq| *seq > 0)?;
        let whole = parts.next().is_none() && term.len() == 5;
        whole.then(|| Some((TermCode::from_short(term)?, student.parse().ok()?, seq)))?
    }
}

impl PaymentNo {
    /// The `attempt`-th payment attempt (from 1) of an order.
    pub fn new(order: &OrderNo, attempt: u8) -> Self {
        Self(format!("{order}-{attempt}"))
    }

    /// The order it pays.
    pub fn order(&self) -> OrderNo {
        OrderNo(self.0.rsplit_once('-').map_or_else(String::new, |(order, _)| order.to_owned()))
    }
}

impl RefundNo {
    /// The `seq`-th refund (from 1) of a payment.
    pub fn new(payment: &PaymentNo, seq: u8) -> Self {
        Self(format!("{payment}-R{seq}"))
    }

    /// The payment it comes from.
    pub fn payment(&self) -> PaymentNo {
        PaymentNo(self.0.rsplit_once("-R").map_or_else(String::new, |(payment, _)| payment.to_owned()))
    }

    /// Its number among the refunds of the payment, from 1.
    pub fn seq(&self) -> u8 {
        self.0.rsplit_once("-R").and_then(|(_, seq)| seq.parse().ok()).unwrap_or_default()
    }
}

impl RefundRequestId {
    /// The request of that name, which is twenty hexadecimal letters, at a school in a term.
    pub fn named(school: &SchoolCode, term: &TermCode, name: &str) -> Self {
        Self(format!("{school}.{term}.{name}"))
    }

    /// The school whose pupil it is about.
    pub fn school(&self) -> SchoolCode {
        SchoolCode(self.0.split('.').next().unwrap_or_default().to_owned())
    }

    /// The term it is about.
    pub fn term(&self) -> TermCode {
        TermCode(self.0.split('.').nth(1).unwrap_or_default().to_owned())
    }
}

impl BatchId {
    /// The `number`-th batch (from 1) of a school's term.
    pub fn new(school: &SchoolCode, term: &TermCode, number: u16) -> Self {
        Self(format!("{school}.{term}.{number:03}"))
    }

    /// The school.
    pub fn school(&self) -> SchoolCode {
        SchoolCode(self.0.split('.').next().unwrap_or_default().to_owned())
    }

    /// The term.
    pub fn term(&self) -> TermCode {
        TermCode(self.0.split('.').nth(1).unwrap_or_default().to_owned())
    }

    /// Its number within the term.
    pub fn number(&self) -> u16 {
        self.0.split('.').nth(2).and_then(|number| number.parse().ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_number_carries_its_address() {
        let term: TermCode = "2026-2027-1".parse().unwrap();
        let student: StudentId = "7K3M9Q2XAB".parse().unwrap();
        let order = OrderNo::new(&term, &student, 3);
        assert_eq!(order.as_str(), "20261-7K3M9Q2XAB-03");
        assert_eq!((order.term(), order.student(), order.seq()), (term, student, 3));
        let payment = PaymentNo::new(&order, 2);
        assert_eq!(payment.as_str().parse::<PaymentNo>().unwrap().order(), order);
        assert!(payment.as_str().len() <= 32, "out_trade_no has at most 32 characters");
        let refund = RefundNo::new(&payment, 12);
        assert_eq!(refund.as_str(), "20261-7K3M9Q2XAB-03-2-R12");
        assert_eq!(refund.as_str().parse::<RefundNo>().map(|no| (no.payment(), no.seq())), Ok((payment, 12)));
    }
}
