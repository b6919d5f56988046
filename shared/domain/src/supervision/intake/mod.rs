//! Intake (数据接收): what the city tells, held against what is here. What changes nothing that is in use takes effect as it
//! comes; what would is shown with its differences, and waits for a person. B5.1 S5.1 S5.3.
//!
//! Each function here says three things of a record: what the thing would be, in what that differs from what it is, and
//! what somebody has to think about first. Held against its own result it differs in nothing.

mod course;
mod entry;
mod provider;
mod school;
mod specification;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use course::{Offered, course, draft};
pub use entry::{Entry, IntakeBook, IntakeError, IntakePlace, Pull, Reception};
pub use provider::provider;
pub use school::school;
pub use specification::{Follow, PriceChange, Use, specification};

use crate::id::{OrganizationId, PersonId, SchoolCode, SpecificationCode, TermCode};
use crate::time::Moment;

/// A field that the city has otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The field, for people.
    pub field: String,
    /// What is here; none: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<String>,
    /// What the city tells; none: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
}

/// Why something does not take effect by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// Families are enrolling at the old price.
    #[error("{offerings} 门课程正在报名,价格变更须确认后生效,已提交的订单按原价执行")]
    PriceWhileEnrolling {
        /// Offerings whose windows are open.
        offerings: usize,
    },
    /// An offering costs more than the city allows from now on.
    #[error("{offerings} 门课程的单价高于新的课程规格定价,请先核对")]
    AbovePrice {
        /// Such offerings.
        offerings: usize,
    },
    /// An offering has more or fewer seats than the city allows from now on.
    #[error("{offerings} 门课程的班额不在新的课程规格人数范围内,请先核对")]
    SizeOutOfRange {
        /// Such offerings.
        offerings: usize,
    },
    /// The city has done away with what is in use.
    #[error("监管系统已停用,但仍有 {uses} 处在使用,请先处理")]
    GoneInUse {
        /// In how many places.
        uses: usize,
    },
    /// A provider that may not be used any more gives courses.
    #[error("该机构有 {courses} 门课程正在使用:{reason}")]
    ProviderInUse {
        /// Its courses.
        courses: usize,
        /// Why it may not be used.
        reason: String,
    },
    /// A school would be under another township.
    #[error("学校的主管镇街由 {here} 变为 {told},数据范围随之变化,请确认")]
    TownshipMoves {
        /// Under which it is.
        here: OrganizationId,
        /// Under which the city has it.
        told: OrganizationId,
    },
    /// A course that is given would be somebody else's.
    #[error("课程已开课,课程来源或机构变更须确认")]
    GivenByAnother,
    /// What is here under the code of a provider is none.
    #[error("编码 {code} 在本平台不是校外机构,请先核对组织编码")]
    CodeTaken {
        /// The code.
        code: OrganizationId,
    },
    /// It is of a school that is not here.
    #[error("学校 {school} 尚未同步,请待学校数据到达后处理")]
    SchoolUnknown {
        /// Its code.
        school: SchoolCode,
    },
    /// It is of a term that its school has not set up.
    #[error("学校尚未设置学期 {term},设置后于次日自动生效")]
    TermUnknown {
        /// The term.
        term: TermCode,
    },
    /// It names a provider that is not here.
    #[error("机构 {provider} 尚未同步,请待机构数据到达后处理")]
    ProviderUnknown {
        /// Its code.
        provider: OrganizationId,
    },
    /// It names a specification that is not here.
    #[error("课程规格 {specification} 尚未同步,请待规格数据到达后处理")]
    SpecificationUnknown {
        /// Its code.
        specification: SpecificationCode,
    },
}

impl Concern {
    /// Whether it passes without anybody's word, once what is missing has come: then the record is judged again.
    pub const fn clears_itself(&self) -> bool {
        match self {
            Self::SchoolUnknown { .. }
            | Self::TermUnknown { .. }
            | Self::ProviderUnknown { .. }
            | Self::SpecificationUnknown { .. } => true,
            Self::PriceWhileEnrolling { .. }
            | Self::AbovePrice { .. }
            | Self::SizeOutOfRange { .. }
            | Self::GoneInUse { .. }
            | Self::ProviderInUse { .. }
            | Self::TownshipMoves { .. }
            | Self::GivenByAnother
            | Self::CodeTaken { .. } => false,
        }
    }

    /// Whether the record cannot take effect as long as it is so, whoever says it shall.
    pub const fn stands_in_the_way(&self) -> bool {
        self.clears_itself() || matches!(self, Self::CodeTaken { .. })
    }
}

/// What somebody has to think about when the city has done away with something that is in use in so many places.
pub fn gone(uses: usize) -> Vec<Concern> {
    (uses > 0).then_some(Concern::GoneInUse { uses }).into_iter().collect()
}

/// Who is named where a person is named and the city has acted: nobody has this identifier.
pub fn city() -> PersonId {
    PersonId::from_hash(b"supervision-system")
}

/// What a record of the city comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged<T> {
    /// What the thing would be.
    pub value: T,
    /// In what that differs from what is here; everything, if nothing is.
    pub differences: Vec<Difference>,
    /// What somebody has to think about first.
    pub concerns: Vec<Concern>,
}

impl<T> Judged<T> {
    /// Whether nothing differs.
    pub const fn is_known(&self) -> bool {
        self.differences.is_empty()
    }

    /// Whether it takes effect without anybody's word.
    pub const fn takes_effect(&self) -> bool {
        !self.differences.is_empty() && self.concerns.is_empty()
    }
}

/// Where a record of the city stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[serde(rename_all = "snake_case", tag = "is")]
#[strum_discriminants(
    name(IntakeStanding),
    derive(Hash, strum::Display, strum::EnumString, Serialize, Deserialize),
    serde(rename_all = "snake_case"),
    strum(serialize_all = "snake_case"),
    doc = "Where a record of the city stands, in a word."
)]
pub enum IntakeState {
    /// It says what is here already (一致).
    Known,
    /// It has taken effect (已生效).
    Applied {
        /// Since when.
        at: Moment,
        /// Who confirmed it; none: nobody's word was wanted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<PersonId>,
    },
    /// It waits for a person (待确认).
    Waiting {
        /// What to think about.
        concerns: Vec<Concern>,
    },
    /// Somebody has left things as they are (暂不采用).
    Declined {
        /// Who.
        by: PersonId,
        /// When.
        at: Moment,
        /// Why.
        reason: String,
    },
}

impl IntakeStanding {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Known => "一致",
            Self::Applied => "已生效",
            Self::Waiting => "待确认",
            Self::Declined => "暂不采用",
        }
    }
}

/// Collects what differs.
#[derive(Debug, Default)]
struct Compared(Vec<Difference>);

impl Compared {
    /// Compares a field as people read it; an empty text is none.
    fn field(&mut self, name: &str, here: Option<String>, told: Option<String>) {
        let (here, told) = (here.filter(|text| !text.is_empty()), told.filter(|text| !text.is_empty()));
        if here != told {
            self.0.push(Difference { field: name.to_owned(), here, told });
        }
    }

    /// Compares a field that both sides have once the thing is here.
    fn both<T: ToString>(&mut self, name: &str, here: Option<&T>, told: &T) {
        self.field(name, here.map(ToString::to_string), Some(told.to_string()));
    }
}

/// Days as people read them.
fn days(from: Date, until: Date) -> String {
    format!("{from} 至 {until}")
}
