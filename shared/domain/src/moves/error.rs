//! Why a pupil is not moved (调课调班不予办理). S27 S28 P11 P12.

use jiff::civil::Date;

use crate::enroll::EnrollError;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::OrderNo;
use crate::money::MoneyError;
use crate::refund::request::RequestError;
use crate::teaching::arrange::ArrangeError;
use crate::teaching::request::HandlingError;

/// Why a move is not asked for, not granted, or not in effect. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "move/")]
pub enum MoveError {
    /// No paid seat in the course.
    #[error("该学生没有这门课程的有效报名(已缴费),不能调课或调班,请核对课程")]
    NotSeated,
    /// Another request about the course waits.
    #[error("课程“{title}”已有退课退费或调课申请在办理,请等待处理或先撤回")]
    UnderWay {
        /// The course.
        title: String,
    },
    /// It is the same course.
    #[error("调入课程与原课程相同,请重新选择;同一课程换班请办理调班")]
    SameCourse,
    /// Not an offering of the pupil's school and term, or not open.
    #[error("没有可以调入的这门课程,它可能已下架,请刷新课程列表")]
    OfferingNotAvailable,
    /// No lesson is left of it.
    #[error("课程“{title}”在 {on} 及以后已没有课时,不能调入")]
    NothingLeft {
        /// The course.
        title: String,
        /// The day.
        on: Date,
    },
    /// A day outside of what can be.
    #[error("生效日期应在 {from} 至 {until} 之间,请重新选择")]
    DayOutOfRange {
        /// The first day.
        from: Date,
        /// The last day.
        until: Date,
    },
    /// The window is closed for guardians.
    #[error("现在不在退课时间内,不能自行申请调课,请联系学校办理")]
    WindowClosed,
    /// A class of something else.
    #[error("没有这个教学班,或它不属于调入的课程,请重新选择")]
    NoSuchClass,
    /// The pupil is in no class of the course.
    #[error("该学生当天不在该课程的任何教学班中,请由学校直接编班")]
    NotInClass,
    /// The pupil is in that class.
    #[error("该学生已在所选教学班中,无需调班")]
    SameClass,
    /// Granted, and waits to be paid.
    #[error("调课已批准,正等待缴费;不再需要请取消补缴订单 {order}")]
    AwaitsPayment {
        /// The order.
        order: OrderNo,
    },
    /// What was to come over went back in another way meanwhile.
    #[error("原课程的可退金额已发生变化,调课未生效,请重新申请")]
    NotBacked,
    /// A sum that cannot be.
    #[error("课程价格设置有误,请联系学校")]
    PriceUnusable(#[from] MoneyError),
    /// The pupil cannot take the course beside the others.
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    /// Nothing is worked out, or set aside, of what is left.
    #[error(transparent)]
    Refund(#[from] RequestError),
    /// The pupil cannot come into the class, or go out of it.
    #[error(transparent)]
    Arrange(#[from] ArrangeError),
    /// It is not handled so.
    #[error(transparent)]
    Handling(#[from] HandlingError),
}

impl Fault for MoveError {
    fn kind(&self) -> Kind {
        match self {
            Self::SameCourse | Self::OfferingNotAvailable | Self::DayOutOfRange { .. } | Self::NoSuchClass => {
                Kind::Invalid
            }
            Self::NotSeated
            | Self::UnderWay { .. }
            | Self::NothingLeft { .. }
            | Self::WindowClosed
            | Self::NotInClass
            | Self::SameClass
            | Self::AwaitsPayment { .. }
            | Self::NotBacked
            | Self::PriceUnusable(_) => Kind::Refused,
            Self::Enroll(error) => error.kind(),
            Self::Refund(error) => error.kind(),
            Self::Arrange(error) => error.kind(),
            Self::Handling(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Enroll(error) => error.slug(),
            Self::Refund(error) => error.slug(),
            Self::Arrange(error) => error.slug(),
            Self::Handling(error) => error.slug(),
            Self::NotSeated
            | Self::UnderWay { .. }
            | Self::SameCourse
            | Self::OfferingNotAvailable
            | Self::NothingLeft { .. }
            | Self::DayOutOfRange { .. }
            | Self::WindowClosed
            | Self::NoSuchClass
            | Self::NotInClass
            | Self::SameClass
            | Self::AwaitsPayment { .. }
            | Self::NotBacked
            | Self::PriceUnusable(_) => self.into(),
        }
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::SameCourse | Self::OfferingNotAvailable => "offering_id",
            Self::DayOutOfRange { .. } => "on",
            Self::NoSuchClass => "class_id",
            Self::Handling(error) => return error.pointed(),
            Self::NotSeated
            | Self::UnderWay { .. }
            | Self::NothingLeft { .. }
            | Self::WindowClosed
            | Self::NotInClass
            | Self::SameClass
            | Self::AwaitsPayment { .. }
            | Self::NotBacked
            | Self::PriceUnusable(_)
            // They point into other requests.
            | Self::Enroll(_)
            | Self::Refund(_)
            | Self::Arrange(_) => return Vec::new(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}
