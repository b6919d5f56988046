//! Homerooms, pupils and teachers (学校班级、学生、校内任课教师) as they are reported. B6.1.

use serde::{Deserialize, Serialize};

use crate::directory::{Grade, Sex, Stage};
use crate::pii::Pii;
use crate::post::PostKind;
use crate::supervision::code::{ClassState, StudentState, TeacherState};
use crate::supervision::source::SourceId;

/// A homeroom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassBody {
    /// Its number among those who entered with it.
    pub number: u8,
    /// Its name.
    pub name: String,
    /// The stage it is in.
    pub stage: Stage,
    /// The grade it is in this school year.
    pub grade: Grade,
    /// The year of entry.
    pub entry_year: u16,
    /// Whether it is at the school.
    pub state: ClassState,
    /// The year in which it left.
    pub graduated: Option<u16>,
}

/// A pupil.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudentBody {
    /// Student number (学籍号).
    pub number: Pii<String>,
    /// The name.
    pub name: Pii<String>,
    /// Sex.
    pub sex: Sex,
    /// The homeroom.
    pub class: SourceId,
    /// The grade this school year.
    pub grade: Grade,
    /// Whether the pupil is at the school.
    pub state: StudentState,
    /// The year in which the pupil left.
    pub graduated: Option<u16>,
    /// Waivers granted.
    pub waivers: Vec<WaiverPart>,
    /// Who may act for the pupil.
    pub guardians: Vec<GuardianPart>,
}

/// A waiver of a pupil (减免).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiverPart {
    /// Why.
    pub reason: String,
    /// Which part of the tuition, in percent.
    pub percent: u8,
}

/// A guardian of a pupil (家长).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardianPart {
    /// The name.
    pub name: Pii<String>,
    /// The mobile phone.
    pub phone: Pii<String>,
}

/// A teacher of the school itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeacherBody {
    /// The name.
    pub name: Pii<String>,
    /// The mobile phone.
    pub phone: Pii<String>,
    /// What the teacher is there for (岗位).
    pub posts: Vec<PostKind>,
    /// What the teacher teaches.
    pub subjects: Vec<String>,
    /// Whether the teacher works at the school.
    pub state: TeacherState,
}
