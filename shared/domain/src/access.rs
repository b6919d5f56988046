//! Access (权限): which roles may do what. B3 K5.1, promise P10.

use serde::{Deserialize, Serialize};

/// What a person acts as.
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
pub enum Role {
    /// A pupil's guardian (家长).
    Guardian,
    /// Manages the after-school service of a school (学校课后服务管理员).
    SchoolAdmin,
    /// Manages the platform (平台管理员).
    PlatformAdmin,
}

/// Something that may be done, in whatever scope the role has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::VariantArray)]
pub enum Permission {
    /// See what is offered.
    ViewCatalog,
    /// Change terms, windows and offerings.
    EditCatalog,
    /// See the own children.
    ViewChildren,
    /// See schools.
    ViewSchools,
    /// Take offerings for a child.
    Enroll,
    /// See what pupils take and owe.
    ViewEnrollments,
    /// Pay or give up an order.
    Pay,
    /// Bring in files of organizations, people and courses.
    Import,
}

impl Role {
    /// Whether the role has the permission. The scope is decided where the thing is known.
    pub const fn may(self, permission: Permission) -> bool {
        use Permission::{EditCatalog, Enroll, Import, Pay, ViewCatalog, ViewChildren, ViewEnrollments, ViewSchools};
        match self {
            Self::Guardian => matches!(permission, ViewCatalog | ViewChildren | Enroll | ViewEnrollments | Pay),
            Self::SchoolAdmin | Self::PlatformAdmin => {
                matches!(permission, ViewCatalog | EditCatalog | ViewSchools | ViewEnrollments | Import)
            }
        }
    }
}
