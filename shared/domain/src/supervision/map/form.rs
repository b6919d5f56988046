//! Forms (格式) that a text may have to have, with the pattern that describes each to others.

use serde::{Deserialize, Serialize};

use crate::id::{OrganizationId, TermCode};
use crate::identifier;

/// A form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A school's ten-digit code (学校标识码).
    SchoolCode,
    /// A student number (学籍号).
    StudentNumber,
    /// A mobile phone.
    MobilePhone,
    /// A telephone of an office.
    Landline,
    /// A unified social credit code (统一社会信用代码).
    CreditCode,
    /// A term.
    Term,
    /// A code of letters, digits, hyphens and underscores.
    Code,
}

impl Form {
    /// What is wrong with a text, without the text; none: nothing.
    pub fn complaint(self, text: &str) -> Option<String> {
        let told = |error: &dyn std::error::Error| error.to_string();
        match self {
            Self::SchoolCode => identifier::school_code(text).err().map(|error| told(&error)),
            Self::StudentNumber => identifier::student_number(text).err().map(|error| told(&error)),
            Self::MobilePhone => identifier::mobile_phone(text).err().map(|error| told(&error)),
            Self::Landline => identifier::landline(text).err().map(|error| told(&error)),
            Self::CreditCode => identifier::credit_code(text).err().map(|error| told(&error)),
            Self::Term => text.parse::<TermCode>().err().map(|_| "学期应如 2026-2027-1".to_owned()),
            Self::Code => text.parse::<OrganizationId>().err().map(|_| "编号应为字母、数字、连字符或下划线".to_owned()),
        }
    }

    /// A regular expression that every text of the form fits. Check digits it does not see.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::SchoolCode => "^(21|31|34|51)44[0-9]{6}$",
            Self::StudentNumber => "^[GJL][0-9]{17}[0-9X]$",
            Self::MobilePhone => "^1[3-9][0-9]{9}$",
            Self::Landline => "^[0-9]{3,4}-?[0-9]{3,8}(-[0-9]{1,6})?$",
            Self::CreditCode => "^[0-9A-HJ-NPQRTUWXY]{18}$",
            Self::Term => "^[0-9]{4}-[0-9]{4}-[123]$",
            Self::Code => "^[0-9A-Za-z_-]+$",
        }
    }
}
