//! Why a request for a refund is not taken, or not granted (退费申请不予受理). S16 S34.

use jiff::civil::Date;

use super::super::quote::QuoteError;
use super::super::reserve::ReserveError;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::OrderNo;
use crate::money::Money;

/// Why a request is not taken, or not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "refund-request/")]
pub enum RequestError {
    /// Not paid: there is nothing to go back, and giving it up is cancelling.
    #[error("订单尚未支付,不需要退费;不想继续请取消订单")]
    NotPaid,
    /// The order has no such course.
    #[error("该订单中没有这门课程,请核对课程编号")]
    NoSuchLine,
    /// The order asks for a later part of the course.
    #[error("该订单是分期续缴订单,退课请在首期订单 {first} 上办理,各期一并退费")]
    OfLaterPart {
        /// The order of the seat.
        first: OrderNo,
    },
    /// The course was given up before.
    #[error("课程“{title}”已办理退课,不能重复申请")]
    HasLeft {
        /// The course.
        title: String,
    },
    /// A request waits already.
    #[error("课程“{title}”已有一份申请待审核,请等待处理或先撤回")]
    AlreadyAsked {
        /// The course.
        title: String,
    },
    /// Only the school gives a class up, for all who sit there.
    #[error("停开课程由学校统一办理,不能单独申请;需要退课请按退课办理")]
    NotForOne,
    /// What has accrued is paid out when the rules say.
    #[error("应退累计由系统按学校的退费规则到期办理,不需要申请;急需退还请按请假或停课申请")]
    PaidOutByRule,
    /// The window is closed for guardians.
    #[error("现在不在退课时间内,如需退课请联系学校办理")]
    WindowClosed,
    /// Nothing would go back, and the pupil stays.
    #[error("按规则没有可退的金额,请核对课时与考勤后再申请")]
    NothingToGoBack,
    /// A day outside of what can be.
    #[error("退课日期应在今天至 {until} 之间")]
    DayOutOfRange {
        /// The last day.
        until: Date,
    },
    /// An amount that cannot be.
    #[error("退费金额应大于 0 元且不超过该课程可退余额 {left} 元")]
    AmountOutOfRange {
        /// What is left.
        left: Money,
    },
    /// No reason, or a long one.
    #[error("请填写说明,2 至 200 个字")]
    ReasonUnusable,
    /// It was decided already.
    #[error("该申请已处理,请刷新后查看结果")]
    AlreadyDecided,
    /// Who asks does not agree.
    #[error("申请人不能审核自己的申请,请由另一位人员审核")]
    SecondPersonNeeded,
    /// Another party has to agree.
    #[error("该申请正等待另一方确认,您不能代为处理")]
    OtherPartyNeeded,
    /// The rules do not say.
    #[error(transparent)]
    Quote(#[from] QuoteError),
    /// It cannot be set aside.
    #[error(transparent)]
    Reserve(#[from] ReserveError),
}

impl Fault for RequestError {
    fn kind(&self) -> Kind {
        match self {
            Self::DayOutOfRange { .. } | Self::AmountOutOfRange { .. } | Self::ReasonUnusable => Kind::Invalid,
            Self::Quote(error) => error.kind(),
            Self::Reserve(error) => error.kind(),
            Self::NotPaid
            | Self::NoSuchLine
            | Self::OfLaterPart { .. }
            | Self::HasLeft { .. }
            | Self::AlreadyAsked { .. }
            | Self::NotForOne
            | Self::PaidOutByRule
            | Self::WindowClosed
            | Self::NothingToGoBack
            | Self::AlreadyDecided
            | Self::SecondPersonNeeded
            | Self::OtherPartyNeeded => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        if let Self::Quote(error) = self {
            error.slug()
        } else if let Self::Reserve(error) = self {
            error.slug()
        } else {
            self.into()
        }
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::DayOutOfRange { .. } => "on",
            Self::AmountOutOfRange { .. } => "amount_fen",
            Self::ReasonUnusable => "reason",
            Self::NotPaid
            | Self::NoSuchLine
            | Self::OfLaterPart { .. }
            | Self::HasLeft { .. }
            | Self::AlreadyAsked { .. }
            | Self::NotForOne
            | Self::PaidOutByRule
            | Self::WindowClosed
            | Self::NothingToGoBack
            | Self::AlreadyDecided
            | Self::SecondPersonNeeded
            | Self::OtherPartyNeeded
            | Self::Quote(_)
            | Self::Reserve(_) => return Vec::new(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}
