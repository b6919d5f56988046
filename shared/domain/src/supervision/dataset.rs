//! Data sets (数据集): the eleven kinds of records that are told to the city, and the five kinds it tells. B5.1 B6.1.

use serde::{Deserialize, Serialize};

/// A kind of record that is reported (上报), in the order in which they are sent: what a record refers to stands before
/// it.
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
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Dataset {
    /// A homeroom of a school (学校班级).
    Class,
    /// A pupil (学生).
    Student,
    /// A teacher of the school itself (校内任课教师).
    Teacher,
    /// What a family ordered (报名课程订单).
    Order,
    /// An attempt to pay it (支付单).
    Payment,
    /// Money that goes back (退款单).
    Refund,
    /// A teaching class (教学班).
    TeachingClass,
    /// Who teaches it or looks after it (教学班教师).
    ClassTeacher,
    /// Who is taught in it (教学班学生).
    ClassStudent,
    /// A teacher's presence in a lesson (教学班教师考勤).
    TeacherAttendance,
    /// A pupil's presence in a lesson (教学班学生考勤).
    StudentAttendance,
}

impl Dataset {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Class => "学校班级",
            Self::Student => "学生",
            Self::Teacher => "校内任课教师",
            Self::Order => "报名课程订单",
            Self::Payment => "支付单",
            Self::Refund => "退款单",
            Self::TeachingClass => "教学班",
            Self::ClassTeacher => "教学班教师",
            Self::ClassStudent => "教学班学生",
            Self::TeacherAttendance => "教学班教师考勤",
            Self::StudentAttendance => "教学班学生考勤",
        }
    }
}

/// A kind of record that is received (接收), in the order in which they are applied.
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
pub enum Inbound {
    /// A school (学校).
    School,
    /// A provider of external courses (机构).
    Provider,
    /// A specification with its price (科目规格及定价).
    Specification,
    /// A course that a school gives itself (校内课程).
    InHouseCourse,
    /// A course that a provider gives, with its teachers (校外课程).
    ExternalCourse,
}

impl Inbound {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::School => "学校",
            Self::Provider => "机构",
            Self::Specification => "科目规格及定价",
            Self::InHouseCourse => "校内课程",
            Self::ExternalCourse => "校外课程",
        }
    }
}
