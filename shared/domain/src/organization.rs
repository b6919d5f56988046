//! Organizations (组织机构): what a bureau, township or provider may be, and which provider may be used. B2.1.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::directory::{Organization, OrganizationKind};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::PersonId;
use crate::identifier::{self, CreditCodeError, LandlineError};

/// Characters of a name.
const NAME_CHARACTERS: usize = 60;

/// Characters of a licence's number.
const LICENCE_CHARACTERS: usize = 60;

/// A provider's licence to run a school (办学许可).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Its number.
    pub number: String,
    /// The first day it is good.
    pub valid_from: Date,
    /// The last day it is good.
    pub valid_until: Date,
}

/// That a provider may not be used any more (黑名单).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blacklisting {
    /// Why.
    pub reason: String,
    /// From which day on.
    pub since: Date,
    /// Who said so.
    pub by: PersonId,
}

/// What is known of a provider beyond its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its licence, as far as one is on file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<Licence>,
    /// The telephone of its office: never a person's mobile phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whether it is blacklisted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blacklisted: Option<Blacklisting>,
}

/// Why an organization cannot be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "organization/")]
pub enum OrganizationError {
    /// No name, or a long one.
    #[error("组织名称应为 2 至 60 个字")]
    NameUnusable,
    /// Not well formed.
    #[error("{0},请核对")]
    CreditCodeUnusable(CreditCodeError),
    /// A provider without one.
    #[error("校外机构须填写统一社会信用代码")]
    CreditCodeMissing,
    /// The organization above is unknown, or of a kind that has none of these below it.
    #[error("上级组织不存在或类型不符:镇街的上级为市教体局,校外机构的上级为市教体局或镇街,请核对")]
    ParentUnsuitable,
    /// Schools and courses refer to it as what it is.
    #[error("组织类型不能变更,请以新的编码新增")]
    KindFixed,
    /// A bureau or township with a licence or a contact.
    #[error("只有校外机构填写办学许可和联系电话,请删除后再保存")]
    ProvidersOnly,
    /// No number, or it ends before it begins.
    #[error("办学许可应有 1 至 60 个字的证号,且有效期止不早于有效期起")]
    LicenceUnusable,
    /// No telephone of an office.
    #[error("联系电话{0}")]
    PhoneUnusable(LandlineError),
    /// There is one of this code.
    #[error("该编码的组织已存在,请使用其他编码")]
    Exists,
    /// Only providers are blacklisted.
    #[error("只有校外机构可以列入黑名单")]
    NotProvider,
    /// It is already.
    #[error("该机构已在黑名单中,无需重复操作")]
    Blacklisted,
    /// It is not.
    #[error("该机构不在黑名单中,请刷新后查看")]
    NotBlacklisted,
}

/// Why a provider may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "provider/")]
pub enum UnusableError {
    /// It is a bureau or a township.
    #[error("「{name}」不是校外机构,请选择校外机构")]
    NotProvider {
        /// Its name.
        name: String,
    },
    /// It is blacklisted.
    #[error("「{name}」自 {since} 起被列入黑名单,原因:{reason},请选择其他机构")]
    Blacklisted {
        /// Its name.
        name: String,
        /// From which day on.
        since: Date,
        /// Why.
        reason: String,
    },
    /// Its licence is not good yet.
    #[error("「{name}」的办学许可自 {valid_from} 起有效,请选择其他机构")]
    LicenceNotYetValid {
        /// Its name.
        name: String,
        /// The first day.
        valid_from: Date,
    },
    /// Its licence is over.
    #[error("「{name}」的办学许可已于 {valid_until} 到期,请在续期并更新后使用")]
    LicenceExpired {
        /// Its name.
        name: String,
        /// The last day.
        valid_until: Date,
    },
}

impl Fault for OrganizationError {
    fn kind(&self) -> Kind {
        match self {
            Self::NameUnusable
            | Self::CreditCodeUnusable(_)
            | Self::CreditCodeMissing
            | Self::ParentUnsuitable
            | Self::ProvidersOnly
            | Self::LicenceUnusable
            | Self::PhoneUnusable(_) => Kind::Invalid,
            Self::KindFixed | Self::Exists | Self::NotProvider | Self::Blacklisted | Self::NotBlacklisted => {
                Kind::Refused
            }
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = self.field().into_iter();
        field.map(|field| Pointed { pointer: format!("/{field}"), detail: self.to_string() }).collect()
    }
}

impl Fault for UnusableError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

impl OrganizationError {
    /// The field at fault; none: the organization as it stands.
    const fn field(self) -> Option<&'static str> {
        match self {
            Self::NameUnusable => Some("name"),
            Self::CreditCodeUnusable(_) | Self::CreditCodeMissing => Some("credit_code"),
            Self::ParentUnsuitable => Some("parent"),
            Self::ProvidersOnly | Self::LicenceUnusable => Some("licence"),
            Self::PhoneUnusable(_) => Some("phone"),
            Self::KindFixed | Self::Exists | Self::NotProvider | Self::Blacklisted | Self::NotBlacklisted => None,
        }
    }
}

impl Standing {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn checked(&self) -> Result<(), OrganizationError> {
        if let Some(Licence { number, valid_from, valid_until }) = &self.licence
            && (!(1..=LICENCE_CHARACTERS).contains(&number.trim().chars().count()) || valid_until < valid_from)
        {
            return Err(OrganizationError::LicenceUnusable);
        }
        self.phone.as_deref().map_or(Ok(()), identifier::landline).map_err(OrganizationError::PhoneUnusable)
    }
}

impl Organization {
    /// The same, if it can be so below `above` and after `before`.
    pub fn checked(self, above: Option<&Self>, before: Option<&Self>) -> Result<Self, OrganizationError> {
        if !(2..=NAME_CHARACTERS).contains(&self.name.trim().chars().count()) {
            return Err(OrganizationError::NameUnusable);
        }
        if before.is_some_and(|before| before.kind != self.kind) {
            return Err(OrganizationError::KindFixed);
        }
        match self.credit_code.as_deref() {
            Some(code) => identifier::credit_code(code).map_err(OrganizationError::CreditCodeUnusable)?,
            None if self.kind == OrganizationKind::Provider => return Err(OrganizationError::CreditCodeMissing),
            None => {}
        }
        let fits = match (self.kind, above.map(|above| above.kind)) {
            (_, None) => self.parent.is_none(),
            (OrganizationKind::Township, Some(above)) => above == OrganizationKind::City,
            (OrganizationKind::Provider, Some(above)) => above != OrganizationKind::Provider,
            (OrganizationKind::City, Some(_)) => false,
        };
        if !fits {
            return Err(OrganizationError::ParentUnsuitable);
        }
        if self.kind != OrganizationKind::Provider && !self.standing.is_empty() {
            return Err(OrganizationError::ProvidersOnly);
        }
        self.standing.checked()?;
        Ok(self)
    }

    /// Whether a provider may be used on a day. One whose licence is not on file may: who brought it in has seen it.
    pub fn usable_on(&self, day: Date) -> Result<(), UnusableError> {
        let name = self.name.clone();
        if self.kind != OrganizationKind::Provider {
            return Err(UnusableError::NotProvider { name });
        }
        if let Some(Blacklisting { reason, since, .. }) = &self.standing.blacklisted
            && *since <= day
        {
            return Err(UnusableError::Blacklisted { name, since: *since, reason: reason.clone() });
        }
        match self.standing.licence {
            Some(Licence { valid_from, .. }) if day < valid_from => {
                Err(UnusableError::LicenceNotYetValid { name, valid_from })
            }
            Some(Licence { valid_until, .. }) if valid_until < day => {
                Err(UnusableError::LicenceExpired { name, valid_until })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Blacklists a provider.
    pub fn blacklist(&mut self, blacklisting: Blacklisting) -> Result<(), OrganizationError> {
        if self.kind != OrganizationKind::Provider {
            return Err(OrganizationError::NotProvider);
        }
        if self.standing.blacklisted.is_some() {
            return Err(OrganizationError::Blacklisted);
        }
        self.standing.blacklisted = Some(blacklisting);
        Ok(())
    }

    /// Lets a blacklisted provider be used again.
    pub fn unblacklist(&mut self) -> Result<(), OrganizationError> {
        self.standing.blacklisted.take().map(drop).ok_or(OrganizationError::NotBlacklisted)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn organization(id: &str, kind: OrganizationKind) -> Organization {
        Organization {
            id: id.parse().unwrap(),
            kind,
            name: "示例组织".to_owned(),
            parent: None,
            credit_code: Some("91350100M000100Y43".to_owned()),
            standing: Standing::default(),
        }
    }

    fn provider() -> Organization {
        let licence =
            Licence {
                number: "教民 144200".to_owned(), valid_from: date(2026, 1, 1), valid_until: date(2026, 12, 31)
            };
        let standing = Standing { licence: Some(licence), phone: Some("0760-88881234".to_owned()), blacklisted: None };
        Organization { standing, ..organization("P001", OrganizationKind::Provider) }
    }

    fn blacklisting() -> Blacklisting {
        Blacklisting { reason: "虚假宣传".to_owned(), since: date(2026, 3, 1), by: "P000000001".parse().unwrap() }
    }

    #[test]
    fn b2_1_an_organization_is_well_formed() {
        assert!(provider().checked(None, None).is_ok());
        let wrong = |change: fn(&mut Organization)| {
            let mut organization = provider();
            change(&mut organization);
            organization.checked(None, None).unwrap_err()
        };
        assert_eq!(wrong(|it| it.name = " 一 ".to_owned()), OrganizationError::NameUnusable);
        assert_eq!(wrong(|it| it.credit_code = None), OrganizationError::CreditCodeMissing);
        assert_eq!(
            wrong(|it| it.credit_code = Some("91350100M000100Y44".to_owned())),
            OrganizationError::CreditCodeUnusable(CreditCodeError::Check)
        );
        assert_eq!(
            wrong(|it| it.standing.phone = Some("13800000001".to_owned())),
            OrganizationError::PhoneUnusable(LandlineError)
        );
        let reversed = |it: &mut Organization| {
            it.standing.licence.as_mut().unwrap().valid_until = date(2025, 12, 31);
        };
        assert_eq!(wrong(reversed), OrganizationError::LicenceUnusable);
        assert_eq!(wrong(|it| it.kind = OrganizationKind::City), OrganizationError::ProvidersOnly);
        let before = organization("P001", OrganizationKind::Township);
        assert_eq!(provider().checked(None, Some(&before)), Err(OrganizationError::KindFixed));
    }

    #[test]
    fn b2_1_each_kind_has_its_kinds_above() {
        use OrganizationKind::{City, Provider, Township};
        let below = |kind, above: Option<OrganizationKind>| {
            let above = above.map(|kind| organization("442000", kind));
            let parent = Some("442000".parse().unwrap());
            Organization { parent, ..organization("X1", kind) }.checked(above.as_ref(), None)
        };
        for (kind, above) in [(Township, City), (Provider, City), (Provider, Township)] {
            assert!(below(kind, Some(above)).is_ok(), "{kind} below {above}");
        }
        for (kind, above) in [(City, City), (Township, Township), (Provider, Provider), (City, Provider)] {
            assert_eq!(below(kind, Some(above)), Err(OrganizationError::ParentUnsuitable), "{kind} below {above}");
        }
        assert_eq!(below(Provider, None), Err(OrganizationError::ParentUnsuitable), "one that is unknown");
    }

    #[test]
    fn b2_1_a_provider_is_used_while_its_licence_is_good_and_nobody_blacklisted_it() {
        let day = date(2026, 6, 1);
        let mut it = provider();
        assert_eq!(it.usable_on(day), Ok(()));
        assert!(matches!(it.usable_on(date(2025, 12, 31)), Err(UnusableError::LicenceNotYetValid { .. })));
        let expired = it.usable_on(date(2027, 1, 1)).unwrap_err();
        assert_eq!(expired.to_string(), "「示例组织」的办学许可已于 2026-12-31 到期,请在续期并更新后使用");
        assert_eq!(it.blacklist(blacklisting()), Ok(()));
        assert_eq!(it.blacklist(blacklisting()), Err(OrganizationError::Blacklisted));
        assert!(matches!(it.usable_on(day), Err(UnusableError::Blacklisted { .. })));
        assert_eq!(it.usable_on(date(2026, 2, 28)), Ok(()), "before it was blacklisted");
        assert_eq!(it.unblacklist(), Ok(()));
        assert_eq!(it.unblacklist(), Err(OrganizationError::NotBlacklisted));
        assert_eq!(it, provider());
        let mut city = organization("442000", OrganizationKind::City);
        assert_eq!(city.blacklist(blacklisting()), Err(OrganizationError::NotProvider));
        assert!(matches!(city.usable_on(day), Err(UnusableError::NotProvider { .. })));
    }

    #[test]
    fn b2_1_an_imported_organization_reads_as_one_of_unknown_standing() {
        let before =
            r#"{"id":"P001","kind":"provider","name":"示例组织","parent":null,"credit_code":"91350100M000100Y43"}"#;
        let read: Organization = serde_json::from_str(before).unwrap();
        assert_eq!(read, organization("P001", OrganizationKind::Provider));
        assert_eq!(serde_json::to_string(&read).unwrap(), before, "its fingerprint stays what it was");
    }

    proptest! {
        #[test]
        fn b2_1_a_licence_is_good_on_exactly_its_days(from in 0i32..2000, length in 0i32..2000, day in 0i32..5000) {
            let at = |days: i32| date(2024, 1, 1).saturating_add(jiff::Span::new().days(days));
            let mut it = provider();
            it.standing.licence =
                Some(Licence { number: "1".to_owned(), valid_from: at(from), valid_until: at(from + length) });
            prop_assert_eq!(it.usable_on(at(day)).is_ok(), (from..=from + length).contains(&day));
        }
    }
}
