//! Tenant (租户): whose personal data it is, and with it under whose key it lies. K3, promise P13.

use std::fmt;

use crate::id::SchoolCode;

/// Whoever personal data belongs to. Each has keys of its own, so that one can be destroyed without the others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tenant {
    /// A school: its pupils.
    School(SchoolCode),
    /// The platform: people who belong to no single school, such as guardians, whose children may be in several.
    Platform,
}

/// How the platform is named among schools, whose names are digits.
const PLATFORM: &str = "platform";

impl Tenant {
    /// The tenant of that name; none: there is none of such a name.
    pub fn named(name: &str) -> Option<Self> {
        if name == PLATFORM { Some(Self::Platform) } else { name.parse().ok().map(Self::School) }
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::School(code) => code.fmt(f),
            Self::Platform => f.write_str(PLATFORM),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k3_a_tenant_is_found_by_its_name() {
        for tenant in [Tenant::Platform, Tenant::School("3144200101".parse().unwrap())] {
            assert_eq!(Tenant::named(&tenant.to_string()), Some(tenant));
        }
        assert_eq!(Tenant::named(""), None);
        assert_eq!(Tenant::named("Platform"), None);
    }
}
