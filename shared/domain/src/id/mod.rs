//! Identifiers (标识): readable keys that carry their own address, so that no index is needed to find a thing.

mod money;
mod teaching;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::alert::AlertKind;
use crate::directory::Grade;
use crate::reconciliation::difference::DifferenceKind;
use crate::tenant::Tenant;

/// Why a text is no identifier of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("编号格式不正确")]
pub struct IdError;

/// Declares an identifier: a text in a fixed form, checked when it is read.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text of it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(IdError) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// Letters of Crockford's base 32: digits and capitals without I, L, O, U.
const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many letters identify a person: 50 bits, made from a keyed hash of a number that only the platform can redo.
const PERSON_LETTERS: usize = 10;

fn is_person(text: &str) -> bool {
    text.len() == PERSON_LETTERS && text.bytes().all(|letter| BASE32.contains(&letter))
}

/// The shortened hash of who sends a request and the request's own name.
fn is_name(text: &str) -> bool {
    text.len() == 20 && text.bytes().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
}

/// A number from 1, written with exactly so many digits.
fn is_ordinal(text: &str, digits: usize) -> bool {
    text.len() == digits
        && text.bytes().all(|c| c.is_ascii_digit())
        && text.parse::<u16>().is_ok_and(|number| number > 0)
}

fn is_code(text: &str, longest: usize) -> bool {
    !text.is_empty()
        && text.len() <= longest
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}

fn is_term(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [from, to, index] = parts.as_slice() else { return false };
    let years = (from.parse::<u16>(), to.parse::<u16>());
    from.len() == 4
        && to.len() == 4
        && matches!(years, (Ok(from), Ok(to)) if from.checked_add(1) == Some(to))
        && matches!(*index, "1" | "2" | "3")
}

fn person_letters(hash: &[u8]) -> String {
    let bits = hash.iter().take(8).fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
    (0..PERSON_LETTERS)
        .map(|i| {
            let shift = u32::try_from(i).unwrap_or_default().saturating_mul(5);
            let letter = usize::try_from((bits >> shift) & 31).unwrap_or_default();
            char::from(BASE32.get(letter).copied().unwrap_or(b'0'))
        })
        .collect()
}

identifier!(
    /// A pupil (学生).
    StudentId,
    is_person
);
identifier!(
    /// A person with an account (用户): guardian, teacher, administrator, or several of them at once.
    PersonId,
    is_person
);
identifier!(
    /// A role (角色): `school_admin`.
    RoleId,
    |text| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
            && text.starts_with(|c: char| c.is_ascii_lowercase())
    }
);
identifier!(
    /// A school's ten-digit code (学校标识码).
    SchoolCode,
    |text| text.len() == 10 && text.bytes().all(|c| c.is_ascii_digit())
);
identifier!(
    /// An organization other than a school: bureau, township, provider.
    OrganizationId,
    |text| is_code(text, 32)
);
identifier!(
    /// A term (学期): `2026-2027-1` is autumn, `2` spring, `3` summer.
    TermCode,
    is_term
);
identifier!(
    /// A course's code within its school (课程编号).
    CourseCode,
    |text| is_code(text, 24)
);
identifier!(
    /// A specification's code (课程规格编号).
    SpecificationCode,
    |text| is_code(text, 24)
);
identifier!(
    /// A homeroom (行政班): school, year of entry, number; the same through all its grades.
    HomeroomId,
    |text| {
        let parts: Vec<&str> = text.split('.').collect();
        matches!(parts.as_slice(), [school, year, class]
            if school.parse::<SchoolCode>().is_ok()
                && year.len() == 4 && year.parse::<u16>().is_ok()
                && class.len() == 2 && class.parse::<u8>().is_ok())
    }
);
identifier!(
    /// A room (场室): school and code, `3144200101.R301`.
    RoomId,
    |text| text.split_once('.').is_some_and(|(school, code)| school.parse::<SchoolCode>().is_ok() && is_code(code, 24))
);
identifier!(
    /// An offering (开课计划): a course of a school in a term, `3144200101.2026-2027-1.K012`.
    OfferingId,
    |text| {
        let parts: Vec<&str> = text.split('.').collect();
        matches!(parts.as_slice(), [school, term, course]
            if school.parse::<SchoolCode>().is_ok() && is_term(term) && is_code(course, 24))
    }
);
identifier!(
    /// A teaching class (教学班): the offering it teaches and its number there, `3144200101.2026-2027-1.K012.01`.
    ClassId,
    |text| text.rsplit_once('.').is_some_and(|(offering, number)| {
        offering.parse::<OfferingId>().is_ok() && is_ordinal(number, 2)
    })
);
identifier!(
    /// A lesson of a teaching class (一节课): the class and the lesson's number there, `3144200101.2026-2027-1.K012.01.007`.
    LessonId,
    |text| text.rsplit_once('.').is_some_and(|(class, number)| class.parse::<ClassId>().is_ok() && is_ordinal(number, 3))
);
identifier!(
    /// A request about teaching that somebody decides — leave, correction, change of a lesson, move of a pupil: school
    /// and term, and the hash of who asked and the request's own name.
    TeachingRequestId,
    |text| {
        let parts: Vec<&str> = text.split('.').collect();
        matches!(parts.as_slice(), [school, term, name]
            if school.parse::<SchoolCode>().is_ok() && is_term(term) && is_name(name))
    }
);
identifier!(
    /// A suspension of lessons (停课): the offering, the first and the last day, and the grades it is about, or `all`:
    /// `3144200101.2026-2027-1.K012.2026-10-12.2026-10-16.all`, `….1-2-3`.
    SuspensionId,
    |text| SuspensionId::take_apart(text).is_some()
);
identifier!(
    /// An order (订单号): term, pupil, number within the term: `20261-7K3M9Q2XAB-01`.
    OrderNo,
    |text| OrderNo::take_apart(text).is_some()
);
identifier!(
    /// A payment attempt (支付单号), sent to the provider as its `out_trade_no`: `20261-7K3M9Q2XAB-01-1`.
    PaymentNo,
    |text| text.rsplit_once('-').is_some_and(|(order, attempt)| {
        OrderNo::take_apart(order).is_some()
            && !attempt.starts_with('0')
            && matches!(attempt.parse::<u8>(), Ok(1..=99))
    })
);
identifier!(
    /// A refund (退款单号), sent to the provider as its `out_refund_no`: payment and number, `20261-7K3M9Q2XAB-01-1-R1`.
    RefundNo,
    |text| text.rsplit_once("-R").is_some_and(|(payment, seq)| {
        payment.parse::<PaymentNo>().is_ok() && !seq.starts_with('0') && matches!(seq.parse::<u8>(), Ok(1..=99))
    })
);
identifier!(
    /// A request for a refund (退费申请): school and term, and the hash of who asked and the request's own name:
    /// `3144200101.2026-2027-1.0f3b6c1d2e4a59788f10`.
    RefundRequestId,
    |text| {
        let parts: Vec<&str> = text.split('.').collect();
        matches!(parts.as_slice(), [school, term, name]
            if school.parse::<SchoolCode>().is_ok() && is_term(term) && is_name(name))
    }
);
identifier!(
    /// A settlement batch (结算批次): school, term and its number there: `3144200101.2026-2027-1.003`.
    BatchId,
    |text| {
        let parts: Vec<&str> = text.split('.').collect();
        matches!(parts.as_slice(), [school, term, number]
            if school.parse::<SchoolCode>().is_ok() && is_term(term) && is_ordinal(number, 3))
    }
);
identifier!(
    /// A proposed change of roles: from the hash of who proposed it and the request's own name.
    RoleChangeId,
    |text| text.len() == 20 && text.bytes().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
);
identifier!(
    /// An access review: from the hash of who drew it up and the request's own name.
    ReviewId,
    |text| text.len() == 20 && text.bytes().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
);
identifier!(
    /// A request to see a person's data in full: where it is decided, and the hash of who asked and the request's own
    /// name: `3144200101.0f3b6c1d2e4a59788f10`, `platform.…`.
    RevealId,
    |text| text.split_once('.').is_some_and(|(tenant, name)| Tenant::named(tenant).is_some() && is_name(name))
);
identifier!(
    /// A guardian's request about personal data: the guardian, and the hash of the request's own name.
    PrivacyRequestId,
    |text| text.split_once('.').is_some_and(|(guardian, name)| is_person(guardian) && is_name(name))
);
identifier!(
    /// A difference between a provider's bill and our books: whose it is, the day of the bill, what kind, our number of
    /// what it is about: `3144200101.2026-09-01.missing_local.20261-7K3M9Q2XAB-01-1`.
    DifferenceId,
    |text| DifferenceId::take_apart(text).is_some()
);
identifier!(
    /// An alert of a school's finance: the school, what needs a person, the number of what it is about:
    /// `3144200101.refund_abnormal.20261-7K3M9Q2XAB-01-1-R1`.
    AlertId,
    |text| AlertId::take_apart(text).is_some()
);
identifier!(
    /// An import (导入批次): the hash of its file, so that the same file is the same import.
    ImportId,
    |text| text.len() == 32 && text.bytes().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
);
identifier!(
    /// A session (会话): the hash of what its refresh tokens begin with, so that who reads the name cannot make one.
    SessionId,
    |text| text.len() == 32 && text.bytes().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
);

impl StudentId {
    /// The identifier that belongs to a keyed hash of the pupil's number.
    pub fn from_hash(hash: &[u8]) -> Self {
        Self(person_letters(hash))
    }
}

/// A guardian (家长), named as the person.
pub type GuardianId = PersonId;

impl PersonId {
    /// The identifier that belongs to a keyed hash of the person's phone.
    pub fn from_hash(hash: &[u8]) -> Self {
        Self(person_letters(hash))
    }
}

impl RevealId {
    /// Where it is decided: a school, or the platform.
    pub fn tenant(&self) -> Tenant {
        let named = self.0.split_once('.').and_then(|(tenant, _)| Tenant::named(tenant));
        named.unwrap_or(Tenant::Platform)
    }
}

impl DifferenceId {
    /// The difference about `number` in the bill of a day. Letters that no provider allows in a number are left out.
    pub fn new(of: &Tenant, day: Date, kind: DifferenceKind, number: &str) -> Self {
        let number: String = number.chars().filter(|letter| is_number_letter(*letter)).take(NUMBER_LETTERS).collect();
        let number = if number.is_empty() { "-".to_owned() } else { number };
        Self(format!("{of}.{day}.{kind}.{number}"))
    }

    /// Whose it is.
    pub fn tenant(&self) -> Tenant {
        Self::take_apart(&self.0).map_or(Tenant::Platform, |(of, _, _, _)| of)
    }

    /// The day of the bill.
    pub fn day(&self) -> Date {
        Self::take_apart(&self.0).map_or(Date::ZERO, |(_, day, _, _)| day)
    }

    /// Where it stands among those of the same owner: day, kind and number.
    pub fn place(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, place)| place)
    }

    /// The number it is about.
    pub fn number(&self) -> &str {
        Self::take_apart(&self.0).map_or("", |(_, _, _, number)| number)
    }

    fn take_apart(text: &str) -> Option<(Tenant, Date, DifferenceKind, &str)> {
        let mut parts = text.splitn(4, '.');
        let (of, day) = (Tenant::named(parts.next()?)?, parts.next()?);
        let (kind, number) = (parts.next()?.parse().ok()?, parts.next()?);
        let date: Date = day.parse().ok().filter(|date: &Date| date.to_string() == day)?;
        let usable = (1..=NUMBER_LETTERS).contains(&number.len()) && number.chars().all(is_number_letter);
        usable.then_some((of, date, kind, number))
    }
}

impl AlertId {
    /// The alert of a kind about the thing of that number.
    pub fn new(school: &SchoolCode, kind: AlertKind, number: &str) -> Self {
        Self(format!("{school}.{kind}.{number}"))
    }

    /// The school.
    pub fn school(&self) -> SchoolCode {
        SchoolCode(self.0.split('.').next().unwrap_or_default().to_owned())
    }

    /// What needs a person.
    pub fn kind(&self) -> AlertKind {
        Self::take_apart(&self.0).map_or(AlertKind::RefundRefused, |(kind, _)| kind)
    }

    /// The number of what it is about: a refund, a payment, the place of a difference.
    pub fn number(&self) -> &str {
        Self::take_apart(&self.0).map_or("", |(_, number)| number)
    }

    /// Where it stands among those of the school: kind and number.
    pub fn place(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, place)| place)
    }

    fn take_apart(text: &str) -> Option<(AlertKind, &str)> {
        let mut parts = text.splitn(3, '.');
        let school = parts.next()?.parse::<SchoolCode>();
        let (kind, number) = (parts.next()?.parse().ok()?, parts.next()?);
        let usable = (1..=ALERT_LETTERS).contains(&number.len())
            && number.chars().all(|letter| letter == '.' || is_number_letter(letter));
        (school.is_ok() && usable).then_some((kind, number))
    }
}

/// Longest number in the name of an alert: day, kind and number of a difference.
const ALERT_LETTERS: usize = NUMBER_LETTERS + 40;

/// Longest number in the name of a difference: two numbers of a provider and what stands between them.
const NUMBER_LETTERS: usize = 130;

/// Letters that providers take in numbers.
const fn is_number_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '|' | '*' | '@')
}

impl PrivacyRequestId {
    /// Who asked.
    pub fn guardian(&self) -> GuardianId {
        PersonId(self.0.split('.').next().unwrap_or_default().to_owned())
    }
}

impl RoleId {
    /// The name of a built-in role.
    pub(crate) fn built_in(name: &'static str) -> Self {
        Self(name.to_owned())
    }
}

impl TermCode {
    /// `20261` for `2026-2027-1`: the term inside an order number.
    pub fn short(&self) -> String {
        let mut parts = self.0.split('-');
        let year = parts.next().unwrap_or_default();
        format!("{year}{}", parts.nth(1).unwrap_or_default())
    }

    fn from_short(short: &str) -> Option<Self> {
        let (year, index) = short.split_at_checked(4)?;
        let next = year.parse::<u16>().ok()?.checked_add(1)?;
        format!("{year}-{next:04}-{index}").parse().ok()
    }
}

impl TermCode {
    /// The term that a day belongs to: autumn until January, spring from February on. From July on it is the coming
    /// autumn, for which everything is prepared then.
    pub fn of_day(day: Date) -> Self {
        let (year, month) = (day.year(), day.month());
        let (first, index) = match month {
            1 => (year.saturating_sub(1), 1),
            2..=6 => (year.saturating_sub(1), 2),
            _ => (year, 1),
        };
        Self(format!("{first:04}-{:04}-{index}", first.saturating_add(1)))
    }
}

impl HomeroomId {
    /// Its number among the homerooms of its year.
    pub fn class(&self) -> u8 {
        self.0.split('.').nth(2).and_then(|class| class.parse().ok()).unwrap_or_default()
    }

    /// The homeroom `class` of the pupils who entered `school` in `entry_year`.
    pub fn new(school: &SchoolCode, entry_year: u16, class: u8) -> Self {
        Self(format!("{school}.{entry_year:04}.{class:02}"))
    }

    /// The year in which its pupils entered.
    pub fn entry_year(&self) -> u16 {
        self.0.split('.').nth(1).and_then(|year| year.parse().ok()).unwrap_or_default()
    }

    /// Its school.
    pub fn school(&self) -> SchoolCode {
        SchoolCode(self.0.split('.').next().unwrap_or_default().to_owned())
    }
}

impl RoomId {
    /// Its school.
    pub fn school(&self) -> SchoolCode {
        SchoolCode(self.0.split('.').next().unwrap_or_default().to_owned())
    }
}

impl OfferingId {
    /// The offering of `course` at `school` in `term`.
    pub fn new(school: &SchoolCode, term: &TermCode, course: &CourseCode) -> Self {
        Self(format!("{school}.{term}.{course}"))
    }

    /// Its school.
    pub fn school(&self) -> SchoolCode {
        SchoolCode(self.part(0))
    }

    /// Its term.
    pub fn term(&self) -> TermCode {
        TermCode(self.part(1))
    }

    /// Its course.
    pub fn course(&self) -> CourseCode {
        CourseCode(self.part(2))
    }

    fn part(&self, index: usize) -> String {
        self.0.split('.').nth(index).unwrap_or_default().to_owned()
    }
}

impl SuspensionId {
    /// The suspension of an offering's lessons on these days, for pupils of these grades; none: for all.
    pub fn new(offering: &OfferingId, (from, until): (Date, Date), grades: &BTreeSet<Grade>) -> Self {
        let named: Vec<String> = grades.iter().map(Grade::to_string).collect();
        let grades = if named.is_empty() { "all".to_owned() } else { named.join("-") };
        Self(format!("{offering}.{from}.{until}.{grades}"))
    }

    /// The offering.
    pub fn offering(&self) -> OfferingId {
        OfferingId(self.0.split('.').take(3).collect::<Vec<_>>().join("."))
    }

    /// Its first and its last day.
    pub fn days(&self) -> (Date, Date) {
        Self::take_apart(&self.0).map_or((Date::MAX, Date::MIN), |(days, _)| days)
    }

    /// Whether it is about pupils of a grade.
    pub fn concerns(&self, grade: Grade) -> bool {
        Self::take_apart(&self.0).is_some_and(|(_, grades)| grades.is_empty() || grades.contains(&grade))
    }

    fn take_apart(text: &str) -> Option<((Date, Date), BTreeSet<Grade>)> {
        let parts: Vec<&str> = text.split('.').collect();
        let [school, term, course, from, until, grades] = parts.as_slice() else { return None };
        format!("{school}.{term}.{course}").parse::<OfferingId>().ok()?;
        let days = (from.parse::<Date>().ok()?, until.parse::<Date>().ok()?);
        let written =
            days.0 <= days.1 && (days.0.to_string(), days.1.to_string()) == ((*from).to_owned(), (*until).to_owned());
        let grades = match *grades {
            "all" => Some(BTreeSet::new()),
            some => some.split('-').map(|grade| grade.parse().ok()).collect(),
        };
        grades.filter(|_| written).map(|grades| (days, grades))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_other_families_are_refused() {
        assert!("20261-7K3M9Q2XAB-01".parse::<PaymentNo>().is_err());
        assert!("20261-7K3M9Q2XAB-01-01".parse::<PaymentNo>().is_err());
        assert!("20261-7K3M9Q2XAB-01-1".parse::<OrderNo>().is_err());
        assert!("20264-7K3M9Q2XAB-01".parse::<OrderNo>().is_err());
        assert!("20261-7k3m9q2xab-01".parse::<OrderNo>().is_err());
        assert!("2026-2028-1".parse::<TermCode>().is_err());
        assert!("3144200101.2026-2027-1".parse::<OfferingId>().is_err());
        assert!("3144200101.2026-2027-1.K/1".parse::<OfferingId>().is_err());
    }

    #[test]
    fn a_hash_gives_ten_letters() {
        let id = StudentId::from_hash(&[0xff; 32]);
        assert_eq!(id.as_str(), "ZZZZZZZZZZ");
        assert!(id.as_str().parse::<StudentId>().is_ok());
    }
}
