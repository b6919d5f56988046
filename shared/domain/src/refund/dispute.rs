//! Disputes (到账异常反馈): a guardian says that a refund has not arrived, and the school answers. P7.3 S34.4.

use super::request::REASON_CHARACTERS;
use super::{Dispute, Refund, RefundState};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::PersonId;
use crate::time::Moment;

/// Disputes of a refund that are kept.
pub const DISPUTES: usize = 10;

/// Why nothing can be done about a refund now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "refund/")]
pub enum MendError {
    /// Its state does not allow it.
    #[error("退款单当前状态不能这样处理,请刷新后查看")]
    NotNow,
    /// Not sent yet: it cannot have arrived.
    #[error("退款尚未提交支付通道,请稍后查看进度")]
    NotSentYet,
    /// The school has not answered the last one.
    #[error("您已反馈过,学校正在核实,请等待答复")]
    AlreadyDisputed,
    /// More than [`DISPUTES`].
    #[error("该退款单反馈次数过多,请直接联系学校财务")]
    TooManyDisputes,
    /// Nothing waits for an answer.
    #[error("该退款单没有待答复的反馈")]
    NothingToAnswer,
    /// No answer, or a long one.
    #[error("请填写答复,2 至 200 个字")]
    AnswerUnusable,
}

impl Fault for MendError {
    fn kind(&self) -> Kind {
        if *self == Self::AnswerUnusable { Kind::Invalid } else { Kind::Refused }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let at_fault = Pointed { pointer: "/answer".to_owned(), detail: self.to_string() };
        if *self == Self::AnswerUnusable { vec![at_fault] } else { Vec::new() }
    }
}

impl Refund {
    /// Whether the school still has to answer.
    pub fn is_disputed(&self) -> bool {
        self.disputes.first().is_some_and(|last| last.answer.is_none())
    }
}

/// Notes that a guardian misses the money.
pub fn dispute(refund: &mut Refund, by: &PersonId, now: Moment) -> Result<(), MendError> {
    if refund.state == RefundState::Reserved {
        return Err(MendError::NotSentYet);
    }
    if refund.is_disputed() {
        return Err(MendError::AlreadyDisputed);
    }
    if refund.disputes.len() >= DISPUTES {
        return Err(MendError::TooManyDisputes);
    }
    refund.disputes.insert(0, Dispute { by: by.clone(), at: now, answer: None });
    Ok(())
}

/// Answers the last dispute.
pub fn answer(refund: &mut Refund, words: String, now: Moment) -> Result<(), MendError> {
    let waits = refund.disputes.first_mut().filter(|last| last.answer.is_none()).ok_or(MendError::NothingToAnswer)?;
    if !REASON_CHARACTERS.contains(&words.trim().chars().count()) {
        return Err(MendError::AnswerUnusable);
    }
    waits.answer = Some((words, now));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;
    use crate::refund::RefundReason;
    use crate::refund::rules::Payout;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn refund(state: RefundState) -> Refund {
        Refund {
            payment: "20261-7K3M9Q2XAB-01-1".parse().unwrap(),
            seq: 1,
            school: "3144200101".parse().unwrap(),
            payer: None,
            amount: Money::from_fen(100),
            parts: Vec::new(),
            lines: Vec::new(),
            reason: RefundReason::Agreed,
            state,
            payout: Payout::Original,
            not_before: None,
            reserved_at: NOW,
            sent_at: None,
            queries: 0,
            queried_at: None,
            provider_no: None,
            ended_at: None,
            retry_of: None,
            retried: false,
            request: None,
            accepted_at: None,
            listed_on: None,
            trouble: None,
            handed_out_at: None,
            message: None,
            disputes: Vec::new(),
            snapshot: None,
        }
    }

    #[test]
    fn p7_3_a_guardian_misses_the_money_and_the_school_answers() {
        let guardian: PersonId = "G000000001".parse().unwrap();
        assert_eq!(dispute(&mut refund(RefundState::Reserved), &guardian, NOW), Err(MendError::NotSentYet));
        let mut refund = refund(RefundState::Done);
        assert_eq!(answer(&mut refund, "已到账".to_owned(), NOW), Err(MendError::NothingToAnswer));
        assert_eq!(dispute(&mut refund, &guardian, NOW), Ok(()));
        assert_eq!(dispute(&mut refund, &guardian, NOW), Err(MendError::AlreadyDisputed));
        assert_eq!(answer(&mut refund, " ".to_owned(), NOW), Err(MendError::AnswerUnusable));
        assert!(refund.is_disputed());
        assert_eq!(answer(&mut refund, "已退至零钱".to_owned(), NOW), Ok(()));
        assert!(!refund.is_disputed());
        for _ in 1..DISPUTES {
            assert_eq!(dispute(&mut refund, &guardian, NOW), Ok(()));
            assert_eq!(answer(&mut refund, "已退至零钱".to_owned(), NOW), Ok(()));
        }
        assert_eq!(dispute(&mut refund, &guardian, NOW), Err(MendError::TooManyDisputes));
    }
}
