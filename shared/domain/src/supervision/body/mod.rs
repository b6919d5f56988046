//! Bodies (上报内容): what a record of each data set says, in our own words. B5.1 B6.1.
//!
//! The names of the fields are those the field map speaks of.

mod attendance;
mod inbound;
mod money;
mod people;
mod teaching;

use serde::{Deserialize, Serialize};

pub use attendance::{StudentAttendanceBody, TeacherAttendanceBody};
pub use inbound::{
    CourseTeacherPart, ExternalCourseBody, InHouseCourseBody, ProviderBody, SchoolBody, SpecificationBody,
};
pub use money::{OrderBody, OrderLinePart, PaymentBody, RefundBody, RefundPart};
pub use people::{ClassBody, GuardianPart, StudentBody, TeacherBody, WaiverPart};
pub use teaching::{ClassStudentBody, ClassTeacherBody, SinglePart, SlotPart, TeachingClassBody};

use super::dataset::{Dataset, Inbound};

/// What a record for the city says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the data sets say what they are")]
pub enum Body {
    Class(ClassBody),
    Student(StudentBody),
    Teacher(TeacherBody),
    Order(OrderBody),
    Payment(PaymentBody),
    Refund(RefundBody),
    TeachingClass(TeachingClassBody),
    ClassTeacher(ClassTeacherBody),
    ClassStudent(ClassStudentBody),
    TeacherAttendance(TeacherAttendanceBody),
    StudentAttendance(StudentAttendanceBody),
}

impl Body {
    /// Of which data set it is.
    pub const fn dataset(&self) -> Dataset {
        match self {
            Self::Class(_) => Dataset::Class,
            Self::Student(_) => Dataset::Student,
            Self::Teacher(_) => Dataset::Teacher,
            Self::Order(_) => Dataset::Order,
            Self::Payment(_) => Dataset::Payment,
            Self::Refund(_) => Dataset::Refund,
            Self::TeachingClass(_) => Dataset::TeachingClass,
            Self::ClassTeacher(_) => Dataset::ClassTeacher,
            Self::ClassStudent(_) => Dataset::ClassStudent,
            Self::TeacherAttendance(_) => Dataset::TeacherAttendance,
            Self::StudentAttendance(_) => Dataset::StudentAttendance,
        }
    }
}

/// What a record of the city says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the data sets say what they are")]
pub enum InboundBody {
    School(SchoolBody),
    Provider(ProviderBody),
    Specification(SpecificationBody),
    InHouseCourse(InHouseCourseBody),
    ExternalCourse(ExternalCourseBody),
}

impl InboundBody {
    /// Of which data set it is.
    pub const fn inbound(&self) -> Inbound {
        match self {
            Self::School(_) => Inbound::School,
            Self::Provider(_) => Inbound::Provider,
            Self::Specification(_) => Inbound::Specification,
            Self::InHouseCourse(_) => Inbound::InHouseCourse,
            Self::ExternalCourse(_) => Inbound::ExternalCourse,
        }
    }
}
