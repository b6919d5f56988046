//! Directory (组织与人员): organizations, schools, homerooms, pupils and their guardians. B1 B2 S1 S3.

use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::id::{GuardianId, HomeroomId, OrganizationId, SchoolCode, StudentId};
use crate::money::Money;
use crate::organization::Standing;
use crate::payment::Channel;
use crate::pii::Pii;
use crate::reconciliation::bill::FeeRate;
use crate::school::Premises;

/// What an organization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum OrganizationKind {
    /// The city's education bureau (市教体局).
    City,
    /// A township's education office (镇街).
    Township,
    /// A provider of external courses (机构).
    Provider,
}

/// An organization that takes part: bureau, township, provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its code.
    pub id: OrganizationId,
    /// What it is.
    pub kind: OrganizationKind,
    /// Its name.
    pub name: String,
    /// The organization above it.
    pub parent: Option<OrganizationId>,
    /// Unified social credit code (统一社会信用代码, GB 32100).
    pub credit_code: Option<String>,
    /// Licence, contact and blacklist of a provider: kept by hand, no file says it.
    #[serde(default, skip_serializing_if = "Standing::is_empty")]
    pub standing: Standing,
}

/// A stage of compulsory schooling (学段).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// Grades 1 to 6 (小学).
    Primary,
    /// Grades 7 to 9 (初中).
    Junior,
}

/// A school (学校).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct School {
    /// Its ten-digit code.
    pub code: SchoolCode,
    /// Its name.
    pub name: String,
    /// The township it belongs to.
    pub township: OrganizationId,
    /// The stages it teaches.
    pub stages: Vec<Stage>,
    /// Where the guardians' money goes. Changed by two persons, with the receiving account.
    #[serde(default)]
    pub merchants: Merchants,
    /// Address, contact, campuses and grades: kept by hand, no file says it.
    #[serde(default, skip_serializing_if = "Premises::is_empty")]
    pub premises: Premises,
}

/// A school's numbers at the payment providers (商户号); none: it cannot be paid there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchants {
    /// At WeChat Pay (`sub_mchid`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wechat: Option<String>,
    /// At Alipay (`pid`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alipay: Option<String>,
    /// At China UMS (`mid`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chinaums: Option<String>,
    /// What each of them is to keep.
    #[serde(default, skip_serializing_if = "AgreedRates::are_none")]
    pub rates: AgreedRates,
}

/// The shares that the providers are to keep of what is paid (约定费率); none: what a provider says in its bill is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedRates {
    /// WeChat Pay's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wechat: Option<FeeRate>,
    /// Alipay's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alipay: Option<FeeRate>,
    /// China UMS's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chinaums: Option<FeeRate>,
}

impl AgreedRates {
    /// Whether none is agreed on.
    pub const fn are_none(&self) -> bool {
        self.wechat.is_none() && self.alipay.is_none() && self.chinaums.is_none()
    }

    /// All of them, by provider.
    pub fn each(&self) -> impl Iterator<Item = (Channel, FeeRate)> {
        let all = [(Channel::Wechat, self.wechat), (Channel::Alipay, self.alipay), (Channel::Chinaums, self.chinaums)];
        all.into_iter().filter_map(|(channel, rate)| Some((channel, rate?)))
    }

    /// A provider's.
    pub const fn at(&self, channel: Channel) -> Option<FeeRate> {
        match channel {
            Channel::Wechat => self.wechat,
            Channel::Alipay => self.alipay,
            Channel::Chinaums => self.chinaums,
        }
    }
}

impl Merchants {
    /// Paid by WeChat alone.
    pub fn wechat(number: &str) -> Self {
        Self { wechat: Some(number.to_owned()), ..Self::default() }
    }

    /// The number at a provider.
    pub fn at(&self, channel: Channel) -> Option<&str> {
        match channel {
            Channel::Wechat => self.wechat.as_deref(),
            Channel::Alipay => self.alipay.as_deref(),
            Channel::Chinaums => self.chinaums.as_deref(),
        }
    }
}

/// A grade, 1 to 9 (年级).
pub type Grade = u8;

/// A homeroom (行政班).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Homeroom {
    /// School, year of entry and number.
    pub id: HomeroomId,
    /// The grade it is in this school year.
    pub grade: Grade,
    /// Its name, as 三年级(2)班.
    pub name: String,
    /// The year in which it left the school's last grade behind (毕业); its pupils are not among the present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graduated: Option<u16>,
}

/// Sex by GB/T 2261.1.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Sex {
    /// Code 1.
    Male,
    /// Code 2.
    Female,
    /// Code 9.
    Unstated,
}

/// A pupil as far as enrolling, orders and scopes need it: nothing that says who it is. Read from the same item as
/// [`Student`], without a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pupil {
    /// From a keyed hash of the student number.
    pub id: StudentId,
    /// The school.
    pub school: SchoolCode,
    /// The homeroom.
    pub homeroom: HomeroomId,
    /// The grade this school year.
    pub grade: Grade,
    /// Sex.
    pub sex: Sex,
    /// Waivers granted (减免), applied to every order until they end.
    #[serde(default)]
    pub waivers: Vec<Waiver>,
    /// Who may act for the pupil.
    #[serde(default)]
    pub guardians: Vec<GuardianId>,
    /// The year in which the pupil left the school's last grade behind (毕业).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graduated: Option<u16>,
}

/// A pupil (学生) with the facts that say who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Flat")]
pub struct Student {
    /// What is not personal.
    #[serde(flatten)]
    pub pupil: Pupil,
    /// The name.
    pub name: Pii<String>,
    /// Student number (学籍号): G, J or L and 18 characters.
    pub number: Pii<String>,
}

/// A pupil's item as it is read: both kinds of facts side by side.
#[derive(Deserialize)]
struct Flat {
    id: StudentId,
    school: SchoolCode,
    homeroom: HomeroomId,
    grade: Grade,
    sex: Sex,
    #[serde(default)]
    waivers: Vec<Waiver>,
    #[serde(default)]
    guardians: Vec<GuardianId>,
    #[serde(default)]
    graduated: Option<u16>,
    name: Pii<String>,
    number: Pii<String>,
}

impl From<Flat> for Student {
    fn from(flat: Flat) -> Self {
        let Flat { id, school, homeroom, grade, sex, waivers, guardians, graduated, name, number } = flat;
        Self { pupil: Pupil { id, school, homeroom, grade, sex, waivers, guardians, graduated }, name, number }
    }
}

/// A waiver granted to a pupil (减免): for whom, and what part of the tuition is not charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The reason as the notice names it, such as 低保家庭.
    pub reason: String,
    /// The part of the tuition that is waived, in percent (1 to 100).
    pub percent: u8,
}

impl Waiver {
    /// The greatest of a pupil's waivers, which is the one that counts.
    pub fn greatest(waivers: &[Self]) -> Option<&Self> {
        waivers.iter().max_by_key(|waiver| waiver.percent)
    }

    /// What it takes of a tuition.
    pub fn of(&self, tuition: Money) -> Money {
        let percent = u32::from(self.percent.min(100));
        tuition.split(&[percent, 100u32.saturating_sub(percent)]).first().copied().unwrap_or_default()
    }
}

/// A guardian (家长).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardian {
    /// From a keyed hash of the phone.
    pub id: GuardianId,
    /// The name.
    pub name: Pii<String>,
    /// The mobile phone, 11 digits.
    pub phone: Pii<String>,
    /// The children, in any number of schools.
    #[serde(default)]
    pub children: Vec<StudentId>,
}

impl Owned for Pupil {
    fn owner(&self) -> Owner<'_> {
        Owner {
            school: Some(&self.school),
            student: Some(self.id.clone()),
            persons: &self.guardians,
            ..Owner::default()
        }
    }
}

impl Owned for Student {
    fn owner(&self) -> Owner<'_> {
        self.pupil.owner()
    }
}

impl Owned for Guardian {
    fn owner(&self) -> Owner<'_> {
        Owner { persons: std::slice::from_ref(&self.id), ..Owner::default() }
    }
}
