//! Consents (同意): the documents a guardian agrees to, by version, and what was agreed to and withdrawn when. K3.
//!
//! A pupil's age is not stored: whoever is in grades 1 to 9 is treated as under fourteen, so that each child has a
//! consent of its own.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::id::{GuardianId, StudentId};
use crate::snapshot::hash;
use crate::time::Moment;

/// A document to agree to, in its present version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// Its code.
    pub code: &'static str,
    /// Its version; a new one wants a new consent.
    pub version: u16,
    /// Its title.
    pub title: &'static str,
    /// The day from which it holds.
    pub effective: &'static str,
    /// Whether each child has a consent of its own.
    pub per_child: bool,
    /// What is agreed to.
    pub text: &'static str,
}

/// The documents in force.
pub const DOCUMENTS: [Document; 3] = [
    Document {
        code: "privacy_policy",
        version: 1,
        title: "个人信息保护政策",
        effective: "2026-08-01",
        per_child: false,
        text: include_str!("policy.txt"),
    },
    Document {
        code: "child_privacy",
        version: 1,
        title: "儿童个人信息保护规则",
        effective: "2026-08-01",
        per_child: true,
        text: include_str!("child.txt"),
    },
    Document {
        code: "service_notice",
        version: 1,
        title: "课后服务须知",
        effective: "2026-08-01",
        per_child: false,
        text: include_str!("notice.txt"),
    },
];

/// One time a document was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The version.
    pub version: u16,
    /// SHA-256 of its text, base 64 for URLs.
    pub text_hash: String,
    /// When.
    pub at: Moment,
    /// When it was withdrawn.
    #[serde(default)]
    pub withdrawn_at: Option<Moment>,
}

/// What a guardian has agreed to of a document, for one child or for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The guardian.
    pub guardian: GuardianId,
    /// The document.
    pub document: String,
    /// For which child; none: the document is not about one.
    #[serde(default)]
    pub student: Option<StudentId>,
    /// Each time it was given, in order. Nothing of it is forgotten by giving or withdrawing it anew.
    pub given: Vec<Given>,
}

/// Why a consent is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "consent/")]
pub enum ConsentError {
    /// There is no such document.
    #[error("没有这份文件,请刷新后重试")]
    DocumentUnknown,
    /// Another version is in force.
    #[error("文件已更新,请阅读新版本后再确认")]
    VersionOutdated,
    /// The document is about one child, or about none.
    #[error("“儿童个人信息保护规则”须为每个孩子分别同意,其他文件不分孩子,请核对后再提交")]
    ChildMisplaced,
    /// There is nothing to withdraw.
    #[error("没有可撤回的同意,请刷新后查看")]
    NothingGiven,
}

impl Fault for ConsentError {
    fn kind(&self) -> Kind {
        match self {
            Self::DocumentUnknown | Self::ChildMisplaced => Kind::Invalid,
            Self::VersionOutdated | Self::NothingGiven => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::DocumentUnknown => "/document",
            Self::ChildMisplaced => "/student_id",
            Self::VersionOutdated | Self::NothingGiven => return Vec::new(),
        };
        vec![Pointed { pointer: field.to_owned(), detail: self.to_string() }]
    }
}

impl Document {
    /// The document of a code, asked for a child or for none as it wants.
    pub fn find(code: &str, for_child: bool) -> Result<Self, ConsentError> {
        let found = DOCUMENTS.iter().find(|document| document.code == code);
        let found = found.ok_or(ConsentError::DocumentUnknown)?;
        if found.per_child == for_child { Ok(*found) } else { Err(ConsentError::ChildMisplaced) }
    }

    /// SHA-256 of its text, base 64 for URLs.
    pub fn text_hash(&self) -> String {
        hash(self.text.as_bytes())
    }
}

impl Consent {
    /// Nothing agreed to yet.
    pub fn none(guardian: GuardianId, document: &Document, student: Option<StudentId>) -> Self {
        Self { guardian, document: document.code.to_owned(), student, given: Vec::new() }
    }

    /// The consent in force to the present text of a document.
    pub fn in_force(&self, document: &Document) -> Option<&Given> {
        let last = self.given.last().filter(|given| given.withdrawn_at.is_none())?;
        (last.version == document.version && last.text_hash == document.text_hash()).then_some(last)
    }

    /// Agrees to the version that was read. False: it is agreed to already.
    pub fn give(&mut self, document: &Document, version: u16, now: Moment) -> Result<bool, ConsentError> {
        if version != document.version {
            return Err(ConsentError::VersionOutdated);
        }
        if self.in_force(document).is_some() {
            return Ok(false);
        }
        self.given.push(Given { version, text_hash: document.text_hash(), at: now, withdrawn_at: None });
        Ok(true)
    }

    /// Withdraws what was agreed to last, of whatever version.
    pub fn withdraw(&mut self, now: Moment) -> Result<(), ConsentError> {
        let last = self.given.last_mut().filter(|given| given.withdrawn_at.is_none());
        last.ok_or(ConsentError::NothingGiven)?.withdrawn_at = Some(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_788_220_800);

    fn consent(document: &Document) -> Consent {
        Consent::none("G000000000".parse().unwrap(), document, None)
    }

    #[test]
    fn k3_the_documents_are_data() {
        for document in DOCUMENTS {
            assert!(document.text.starts_with(document.title), "{}", document.code);
            assert!(document.effective.parse::<jiff::civil::Date>().is_ok(), "{}", document.code);
            assert_eq!(document.text_hash().len(), 43);
            assert_eq!(Document::find(document.code, document.per_child), Ok(document));
            assert_eq!(Document::find(document.code, !document.per_child), Err(ConsentError::ChildMisplaced));
        }
        assert_eq!(Document::find("x", false), Err(ConsentError::DocumentUnknown));
        assert_eq!(DOCUMENTS.iter().filter(|document| document.per_child).count(), 1);
    }

    #[test]
    fn k3_a_new_version_or_text_wants_a_new_consent() {
        let document = Document::find("privacy_policy", false).unwrap();
        let mut consent = consent(&document);
        assert_eq!(consent.give(&document, 1, NOW), Ok(true));
        assert_eq!(consent.give(&document, 1, NOW), Ok(false), "once is enough");
        let next = Document { version: 2, ..document };
        assert_eq!(consent.in_force(&next), None);
        assert_eq!(consent.give(&next, 1, NOW), Err(ConsentError::VersionOutdated));
        assert_eq!(consent.give(&next, 2, NOW), Ok(true));
        assert_eq!(consent.in_force(&Document { text: "另一份", ..next }), None, "the same number, another text");
        assert_eq!(consent.given.len(), 2, "the first one stays written");
    }

    #[test]
    fn k3_a_consent_is_withdrawn_as_easily_as_it_is_given() {
        let document = Document::find("service_notice", false).unwrap();
        let mut consent = consent(&document);
        assert_eq!(consent.withdraw(NOW), Err(ConsentError::NothingGiven));
        consent.give(&document, 1, NOW).unwrap();
        assert_eq!(consent.withdraw(NOW.plus_seconds(5)), Ok(()));
        assert_eq!(consent.in_force(&document), None);
        assert_eq!(consent.withdraw(NOW), Err(ConsentError::NothingGiven));
        assert_eq!(consent.give(&document, 1, NOW.plus_seconds(9)), Ok(true));
        assert_eq!(consent.given.first().and_then(|given| given.withdrawn_at), Some(NOW.plus_seconds(5)));
    }
}
