//! Grants (授权): a role held in a scope, as a session carries it. B3 K5.1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{IdError, OrganizationId, RoleId, SchoolCode};

/// How far a role reaches (管理范围).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The person's own children, in whatever schools.
    Children,
    /// The teaching classes the person teaches at a school.
    Classes(SchoolCode),
    /// A school.
    School(SchoolCode),
    /// A provider: its own courses, in whatever schools.
    Provider(OrganizationId),
    /// The schools of a township.
    Township(OrganizationId),
    /// The whole city.
    City,
    /// The platform itself with everything on it.
    Platform,
}

/// The kinds of scope, from narrow to wide. A role is held on one of them.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Level {
    /// [`Scope::Children`].
    Children,
    /// [`Scope::Classes`].
    Classes,
    /// [`Scope::School`].
    School,
    /// [`Scope::Provider`].
    Provider,
    /// [`Scope::Township`].
    Township,
    /// [`Scope::City`].
    City,
    /// [`Scope::Platform`].
    Platform,
}

/// A role held in a scope: `school_admin@school:3144200101`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Grant {
    /// The role.
    pub role: RoleId,
    /// Where it is held.
    pub scope: Scope,
}

impl Scope {
    /// Its kind.
    pub const fn level(&self) -> Level {
        match self {
            Self::Children => Level::Children,
            Self::Classes(_) => Level::Classes,
            Self::School(_) => Level::School,
            Self::Provider(_) => Level::Provider,
            Self::Township(_) => Level::Township,
            Self::City => Level::City,
            Self::Platform => Level::Platform,
        }
    }

    /// The one school it lies in.
    pub const fn school(&self) -> Option<&SchoolCode> {
        match self {
            Self::Classes(school) | Self::School(school) => Some(school),
            Self::Children | Self::Provider(_) | Self::Township(_) | Self::City | Self::Platform => None,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.level();
        match self {
            Self::Classes(school) | Self::School(school) => write!(f, "{level}:{school}"),
            Self::Provider(organization) | Self::Township(organization) => write!(f, "{level}:{organization}"),
            Self::Children | Self::City | Self::Platform => level.fmt(f),
        }
    }
}

impl FromStr for Scope {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (level, place) = text.split_once(':').map_or((text, None), |(level, place)| (level, Some(place)));
        let level: Level = level.parse().map_err(|_unknown| IdError)?;
        Ok(match (level, place) {
            (Level::Children, None) => Self::Children,
            (Level::City, None) => Self::City,
            (Level::Platform, None) => Self::Platform,
            (Level::Classes, Some(school)) => Self::Classes(school.parse()?),
            (Level::School, Some(school)) => Self::School(school.parse()?),
            (Level::Provider, Some(organization)) => Self::Provider(organization.parse()?),
            (Level::Township, Some(organization)) => Self::Township(organization.parse()?),
            _ => return Err(IdError),
        })
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.role, self.scope)
    }
}

impl FromStr for Grant {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (role, scope) = text.split_once('@').ok_or(IdError)?;
        Ok(Self { role: role.parse()?, scope: scope.parse()? })
    }
}

impl TryFrom<String> for Grant {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<Grant> for String {
    fn from(grant: Grant) -> Self {
        grant.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b3_a_grant_reads_as_it_is_written() {
        for text in [
            "guardian@children",
            "teacher@classes:3144200101",
            "school_admin@school:3144200101",
            "provider_staff@provider:P001",
            "township_admin@township:442000006",
            "city_admin@city",
            "system_admin@platform",
        ] {
            assert_eq!(text.parse::<Grant>().unwrap().to_string(), text);
        }
        for text in ["", "guardian", "guardian@", "@city", "x@school", "x@school:12", "x@city:1", "x@moon", "X Y@city"]
        {
            assert!(text.parse::<Grant>().is_err(), "{text}");
        }
    }
}
