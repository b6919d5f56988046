//! Thing (上报对象): what is looked at as a whole when the supervision system is told of it. B6 K7.1, promise P7.
//!
//! A change of any part of it makes the whole due: which of its records differ from what the city has is found out by
//! looking, never carried from the change.

use std::fmt;
use std::str::FromStr;

use super::dataset::Dataset;
use super::source::SourceId;
use crate::id::{
    ClassId, GuardianId, HomeroomId, IdError, LessonId, OrderNo, PaymentNo, PersonId, RefundNo, SchoolCode, StudentId,
    TermCode,
};

/// A thing of which the supervision system is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(ThingKind),
    derive(PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::EnumString, strum::VariantArray),
    strum(serialize_all = "snake_case"),
    doc = "What kind of thing it is."
)]
pub enum Thing {
    /// A homeroom (行政班).
    Homeroom(HomeroomId),
    /// A pupil (学生).
    Pupil(StudentId),
    /// A guardian: no record of its own, but part of what is said about each child.
    Guardian(GuardianId),
    /// A member of a school's staff (校内教师).
    Staff(PersonId),
    /// A pupil's term: the orders (报名订单).
    Record(StudentId, TermCode),
    /// A payment and its refunds (支付单、退款单).
    Payment(PaymentNo),
    /// A teaching class with its teachers and pupils (教学班、教学班教师、教学班学生).
    Class(ClassId),
    /// What became of a lesson: teachers and pupils (教师考勤、学生考勤).
    Roll(LessonId),
}

impl Thing {
    /// The school that its identifier names; none: the identifier names none.
    pub fn school(&self) -> Option<SchoolCode> {
        match self {
            Self::Homeroom(id) => Some(id.school()),
            Self::Class(id) => Some(id.school()),
            Self::Roll(id) => Some(id.class().school()),
            Self::Pupil(_) | Self::Guardian(_) | Self::Staff(_) | Self::Record(..) | Self::Payment(_) => None,
        }
    }

    /// The thing that a record is a part of; none: no record of ours is called so.
    pub fn of(dataset: Dataset, source_id: &SourceId) -> Option<Self> {
        let text = source_id.as_str();
        let head = text.split(':').next().unwrap_or(text);
        match dataset {
            Dataset::Class => text.parse().ok().map(Self::Homeroom),
            Dataset::Student => text.parse().ok().map(Self::Pupil),
            Dataset::Teacher => text.split_once(':')?.1.parse().ok().map(Self::Staff),
            Dataset::Order => {
                let no: OrderNo = text.parse().ok()?;
                Some(Self::Record(no.student(), no.term()))
            }
            Dataset::Payment => text.parse().ok().map(Self::Payment),
            Dataset::Refund => text.parse::<RefundNo>().ok().map(|no| Self::Payment(no.payment())),
            Dataset::TeachingClass | Dataset::ClassTeacher | Dataset::ClassStudent => {
                head.parse().ok().map(Self::Class)
            }
            Dataset::TeacherAttendance | Dataset::StudentAttendance => head.parse().ok().map(Self::Roll),
        }
    }
}

/// `record/7K3M9Q2XAB/2026-2027-1`: the name in messages, tasks and keys.
impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind: &str = ThingKind::from(self).into();
        match self {
            Self::Homeroom(id) => write!(f, "{kind}/{id}"),
            Self::Pupil(id) => write!(f, "{kind}/{id}"),
            Self::Guardian(id) | Self::Staff(id) => write!(f, "{kind}/{id}"),
            Self::Record(student, term) => write!(f, "{kind}/{student}/{term}"),
            Self::Payment(no) => write!(f, "{kind}/{no}"),
            Self::Class(id) => write!(f, "{kind}/{id}"),
            Self::Roll(id) => write!(f, "{kind}/{id}"),
        }
    }
}

impl FromStr for Thing {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (kind, id) = text.split_once('/').ok_or(IdError)?;
        Ok(match kind.parse().map_err(|_unknown| IdError)? {
            ThingKind::Homeroom => Self::Homeroom(id.parse()?),
            ThingKind::Pupil => Self::Pupil(id.parse()?),
            ThingKind::Guardian => Self::Guardian(id.parse()?),
            ThingKind::Staff => Self::Staff(id.parse()?),
            ThingKind::Record => {
                let (student, term) = id.split_once('/').ok_or(IdError)?;
                Self::Record(student.parse()?, term.parse()?)
            }
            ThingKind::Payment => Self::Payment(id.parse()?),
            ThingKind::Class => Self::Class(id.parse()?),
            ThingKind::Roll => Self::Roll(id.parse()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn b6_1_the_name_of_a_thing_leads_back_to_it() {
        let names = [
            "homeroom/3144200101.2024.01",
            "pupil/7K3M9Q2XAB",
            "guardian/7K3M9Q2XAB",
            "staff/7K3M9Q2XAB",
            "record/7K3M9Q2XAB/2026-2027-1",
            "payment/20261-7K3M9Q2XAB-01-1",
            "class/3144200101.2026-2027-1.K012.01",
            "roll/3144200101.2026-2027-1.K012.01.007",
        ];
        let things: Vec<Thing> = names.iter().map(|name| name.parse().unwrap()).collect();
        assert_eq!(things.iter().map(ToString::to_string).collect::<Vec<_>>(), names);
        let kinds: BTreeSet<ThingKind> = things.iter().map(ThingKind::from).collect();
        assert_eq!(kinds.len(), ThingKind::VARIANTS.len(), "each kind has its example");
        for odd in ["", "pupil", "pupil/", "pupils/7K3M9Q2XAB", "record/7K3M9Q2XAB", "roll/3144200101.2024.01"] {
            assert_eq!(odd.parse::<Thing>(), Err(IdError), "{odd}");
        }
    }

    #[test]
    fn b6_1_what_lies_at_a_school_names_it() {
        let school = |name: &str| name.parse::<Thing>().unwrap().school().map(|school| school.to_string());
        assert_eq!(school("roll/3144200101.2026-2027-1.K012.01.007").as_deref(), Some("3144200101"));
        assert_eq!(school("homeroom/3144200101.2024.01").as_deref(), Some("3144200101"));
        assert_eq!(school("pupil/7K3M9Q2XAB"), None);
    }

    #[test]
    fn b6_1_a_record_names_the_thing_it_is_a_part_of() {
        let (class, lesson): (ClassId, LessonId) =
            ("3144200101.2026-2027-1.K012.01".parse().unwrap(), "3144200101.2026-2027-1.K012.01.007".parse().unwrap());
        let (person, student): (PersonId, StudentId) = ("7K3M9Q2XAB".parse().unwrap(), "7K3M9Q2XAB".parse().unwrap());
        let refund: RefundNo = "20261-7K3M9Q2XAB-01-1-R1".parse().unwrap();
        let day = jiff::civil::date(2026, 9, 1);
        let role = crate::supervision::code::ClassRole::Main;
        for (dataset, id, thing) in [
            (Dataset::Class, SourceId::class(&"3144200101.2024.01".parse().unwrap()), "homeroom/3144200101.2024.01"),
            (Dataset::Student, SourceId::student(&student), "pupil/7K3M9Q2XAB"),
            (Dataset::Teacher, SourceId::teacher(&class.school(), &person), "staff/7K3M9Q2XAB"),
            (Dataset::Order, SourceId::order(&refund.payment().order()), "record/7K3M9Q2XAB/2026-2027-1"),
            (Dataset::Payment, SourceId::payment(&refund.payment()), "payment/20261-7K3M9Q2XAB-01-1"),
            (Dataset::Refund, SourceId::refund(&refund), "payment/20261-7K3M9Q2XAB-01-1"),
            (Dataset::TeachingClass, SourceId::teaching_class(&class), "class/3144200101.2026-2027-1.K012.01"),
            (
                Dataset::ClassTeacher,
                SourceId::class_teacher(&class, &person, role),
                "class/3144200101.2026-2027-1.K012.01",
            ),
            (
                Dataset::ClassStudent,
                SourceId::class_student(&class, &student, day),
                "class/3144200101.2026-2027-1.K012.01",
            ),
            (
                Dataset::TeacherAttendance,
                SourceId::teacher_attendance(&lesson, &person),
                "roll/3144200101.2026-2027-1.K012.01.007",
            ),
            (
                Dataset::StudentAttendance,
                SourceId::student_attendance(&lesson, &student),
                "roll/3144200101.2026-2027-1.K012.01.007",
            ),
        ] {
            assert_eq!(Thing::of(dataset, &id).map(|thing| thing.to_string()).as_deref(), Some(thing));
            assert_eq!(Thing::of(dataset, &"x".parse().unwrap()), None, "{dataset}");
        }
    }
}
