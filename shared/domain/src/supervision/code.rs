//! Codes (代码): what our records say by a word out of a list. The field map gives each word the city's code. B6.1.
//!
//! The lists stand apart from those of the rules they are made from: a state that a rule gains has to be given a word
//! here before it compiles, and none of the words changes because a table stores it differently.

use serde::{Deserialize, Serialize};

use crate::payment::PaymentState;
use crate::record::OrderState;
use crate::refund::facts::Trigger;
use crate::refund::{RefundReason, RefundState};
use crate::teaching::class::TeacherRole;
use crate::teaching::roll::Presence;

/// Declares a list of words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$said:meta])* $word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display,
            strum::EnumString, strum::VariantArray,
        )]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum $name {
            $($(#[$said])* $word,)+
        }
    };
}

words! {
    /// Whether a homeroom is at the school.
    ClassState {
        /// It is.
        Active,
        /// It has left the last grade behind (毕业).
        Graduated,
    }
}

words! {
    /// Whether a pupil is at the school.
    StudentState {
        /// The pupil is (在读).
        Attending,
        /// The pupil has left the last grade behind (毕业).
        Graduated,
    }
}

words! {
    /// Whether a teacher works at the school.
    TeacherState {
        /// The teacher does.
        Active,
        /// The account is frozen (冻结).
        Frozen,
    }
}

words! {
    /// Where an order stands, as families speak of it.
    OrderStage {
        /// Seats are held; it can be paid.
        Pending,
        /// Not paid in time.
        Expired,
        /// Given up before it was paid.
        Cancelled,
        /// Paid.
        Paid,
    }
}

impl From<OrderState> for OrderStage {
    fn from(state: OrderState) -> Self {
        match state {
            // Until the provider has said how it ends, it waits for its money.
            OrderState::Pending | OrderState::Closing => Self::Pending,
            OrderState::Expired => Self::Expired,
            OrderState::Cancelled => Self::Cancelled,
            OrderState::Paid => Self::Paid,
        }
    }
}

words! {
    /// What an order is for.
    OrderPurpose {
        /// It takes the seats.
        Enrollment,
        /// It asks for a later part of a course (分期).
        Instalment,
        /// It comes of an exchange of courses (学生调课).
        Exchange,
    }
}

words! {
    /// Whether the pupil still takes what a line is about.
    LineState {
        /// Yes.
        Taken,
        /// Given up (已退课).
        Left,
    }
}

words! {
    /// Where a payment stands.
    PaymentStage {
        /// It waits for its payer.
        Waiting,
        /// Closed: it can never be paid.
        Closed,
        /// Paid.
        Succeeded,
    }
}

impl From<PaymentState> for PaymentStage {
    fn from(state: PaymentState) -> Self {
        match state {
            PaymentState::Sent | PaymentState::Pending => Self::Waiting,
            PaymentState::Closed => Self::Closed,
            PaymentState::Succeeded => Self::Succeeded,
        }
    }
}

words! {
    /// Where a refund stands.
    RefundStage {
        /// Promised; the payer does not have it yet (退款中).
        Promised,
        /// The provider cannot give it to the payer (退款异常).
        Abnormal,
        /// The payer has it (退款成功).
        Done,
        /// It goes back under another number, or not at all (退款关闭).
        Closed,
        /// It lies at the school, which pays it out by hand (退回学校).
        Returned,
    }
}

impl From<RefundState> for RefundStage {
    fn from(state: RefundState) -> Self {
        match state {
            RefundState::Reserved | RefundState::Sent | RefundState::Processing => Self::Promised,
            RefundState::Abnormal => Self::Abnormal,
            RefundState::Done => Self::Done,
            RefundState::Closed | RefundState::Rejected => Self::Closed,
            RefundState::Returned => Self::Returned,
        }
    }
}

words! {
    /// Why money goes back.
    RefundCause {
        /// Paid after the seats were released (逾期支付且名额已满).
        SeatsGone,
        /// Paid after the order had ended.
        OrderEnded,
        /// Paid twice (重复支付).
        PaidTwice,
        /// The pupil was withdrawn (退课).
        Withdrawal,
        /// The pupil left the school (转学).
        Transfer,
        /// The class was given up (停开).
        ClassCancelled,
        /// Lessons were missed on leave (请假).
        Leave,
        /// The school gave no lessons (停课).
        Suspension,
        /// A waiver was granted late (补办减免).
        Waiver,
        /// What had accrued was paid out (应退累计).
        Accrued,
        /// As school and guardian agreed (协商).
        Agreed,
        /// Left over from an exchange of courses (调课退差).
        Exchanged,
        /// Made in the provider's console (通道侧退款).
        Outside,
    }
}

impl From<RefundReason> for RefundCause {
    fn from(reason: RefundReason) -> Self {
        match reason {
            RefundReason::SeatsGone => Self::SeatsGone,
            RefundReason::OrderEnded => Self::OrderEnded,
            RefundReason::PaidTwice => Self::PaidTwice,
            RefundReason::Agreed => Self::Agreed,
            RefundReason::Exchanged => Self::Exchanged,
            RefundReason::Outside => Self::Outside,
            RefundReason::ByRule(trigger) => match trigger {
                Trigger::Withdrawal => Self::Withdrawal,
                Trigger::Transfer => Self::Transfer,
                Trigger::ClassCancelled => Self::ClassCancelled,
                Trigger::Leave => Self::Leave,
                Trigger::Suspension => Self::Suspension,
                Trigger::Waiver => Self::Waiver,
                Trigger::Accrued => Self::Accrued,
            },
        }
    }
}

words! {
    /// Whether a teaching class goes on.
    TeachingState {
        /// It does.
        Open,
        /// It is over (结课).
        Closed,
    }
}

words! {
    /// What somebody does in a teaching class.
    ClassRole {
        /// Teaches (主教).
        Main,
        /// Helps (助教).
        Assistant,
        /// Looks after it without teaching (行政管理教师).
        Steward,
    }
}

impl From<TeacherRole> for ClassRole {
    fn from(role: TeacherRole) -> Self {
        match role {
            TeacherRole::Main => Self::Main,
            TeacherRole::Assistant => Self::Assistant,
        }
    }
}

words! {
    /// Why a pupil's stay in a class ended.
    StayEnd {
        /// The course was given up (退课).
        Withdrawn,
        /// Another class of the course (调班).
        Transferred,
        /// Another course (学生调课).
        Exchanged,
        /// The class took the pupil out (移出).
        Dismissed,
    }
}

words! {
    /// What became of a teacher in a lesson.
    TeacherPresence {
        /// There in time.
        Present,
        /// There, but late.
        Late,
        /// Away with leave (请假).
        OnLeave,
        /// Away, and somebody else taught (被代课).
        Replaced,
        /// Never checked in (缺勤).
        Absent,
    }
}

words! {
    /// What became of a pupil in a lesson.
    StudentPresence {
        /// There in time.
        Present,
        /// There, but late.
        Late,
        /// Away with leave (请假).
        OnLeave,
        /// Away without leave (缺勤).
        Absent,
        /// Something is wrong, and somebody has to look at it (异常).
        Abnormal,
    }
}

impl From<Presence> for StudentPresence {
    fn from(presence: Presence) -> Self {
        match presence {
            Presence::Present => Self::Present,
            Presence::Late => Self::Late,
            Presence::OnLeave => Self::OnLeave,
            Presence::Absent => Self::Absent,
            Presence::Abnormal => Self::Abnormal,
        }
    }
}
