//! Homerooms, pupils, guardians and staff as the school reads them: personal data masked.

use domain::directory::{Guardian, Homeroom, Sex, Student, Waiver};
use domain::post::Post;
use domain::user::User;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A homeroom.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HomeroomView {
    /// School, year of entry, number.
    #[schema(example = "2144200601.2024.02")]
    pub homeroom_id: String,
    /// Its name.
    #[schema(example = "三年级(2)班")]
    pub name: String,
    /// 1 to 9.
    #[schema(example = 3)]
    pub grade: u8,
    /// The year in which its pupils entered.
    #[schema(example = 2024)]
    pub entry_year: u16,
    /// The year in which it left as graduates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graduated: Option<u16>,
}

impl From<&Homeroom> for HomeroomView {
    fn from(homeroom: &Homeroom) -> Self {
        Self {
            homeroom_id: homeroom.id.to_string(),
            name: homeroom.name.clone(),
            grade: homeroom.grade,
            entry_year: homeroom.id.entry_year(),
            graduated: homeroom.graduated,
        }
    }
}

/// A waiver granted to a pupil.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverView {
    /// Why: 1 to 40 characters.
    #[schema(example = "低保家庭")]
    pub reason: String,
    /// The part of the tuition that is waived, 1 to 100.
    #[schema(example = 100)]
    pub percent: u8,
}

impl From<&Waiver> for WaiverView {
    fn from(waiver: &Waiver) -> Self {
        Self { reason: waiver.reason.clone(), percent: waiver.percent }
    }
}

impl From<WaiverView> for Waiver {
    fn from(view: WaiverView) -> Self {
        Self { reason: view.reason, percent: view.percent }
    }
}

/// A pupil, personal data masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StudentView {
    /// The pupil.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// The name, masked.
    #[schema(example = "李**")]
    pub name: String,
    /// The student number, masked.
    #[schema(example = "L44************0001")]
    pub number: String,
    /// The homeroom.
    #[schema(example = "2144200601.2024.02")]
    pub homeroom_id: String,
    /// 1 to 9.
    #[schema(example = 3)]
    pub grade: u8,
    /// `male`, `female` or `unstated`.
    #[schema(value_type = String, example = "female")]
    pub sex: Sex,
    /// What is waived.
    pub waivers: Vec<WaiverView>,
    /// The year in which the pupil left as a graduate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graduated: Option<u16>,
}

impl From<&Student> for StudentView {
    fn from(student: &Student) -> Self {
        let pupil = &student.pupil;
        Self {
            student_id: pupil.id.to_string(),
            name: student.name.masked_name(),
            number: student.number.masked_number(),
            homeroom_id: pupil.homeroom.to_string(),
            grade: pupil.grade,
            sex: pupil.sex,
            waivers: pupil.waivers.iter().map(WaiverView::from).collect(),
            graduated: pupil.graduated,
        }
    }
}

/// A guardian, personal data masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GuardianView {
    /// The person.
    #[schema(example = "8VMSB4P4WT")]
    pub person_id: String,
    /// The name, masked.
    #[schema(example = "李**")]
    pub name: String,
    /// The phone, masked.
    #[schema(example = "138****1234")]
    pub phone: String,
}

impl From<&Guardian> for GuardianView {
    fn from(guardian: &Guardian) -> Self {
        Self {
            person_id: guardian.id.to_string(),
            name: guardian.name.masked_name(),
            phone: guardian.phone.masked_number(),
        }
    }
}

/// A post.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PostView {
    /// `teaching`, `administration`, `patrol`, `finance` or `manager`.
    #[schema(example = "teaching")]
    pub kind: String,
    /// Its name for people.
    #[schema(example = "任课")]
    pub title: String,
    /// What is taught.
    #[schema(example = json!(["书法"]))]
    pub subjects: Vec<String>,
    /// The homerooms it is about.
    #[schema(example = json!(["2144200601.2024.02"]))]
    pub homerooms: Vec<String>,
    /// The grades it is about.
    #[schema(example = json!([3, 4]))]
    pub grades: Vec<u8>,
}

impl From<&Post> for PostView {
    fn from(post: &Post) -> Self {
        Self {
            kind: post.kind.to_string(),
            title: post.kind.chinese().to_owned(),
            subjects: post.subjects.clone(),
            homerooms: post.homerooms.iter().map(ToString::to_string).collect(),
            grades: post.grades.iter().copied().collect(),
        }
    }
}

/// A member of the staff, personal data masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StaffView {
    /// The person.
    #[schema(example = "8VMSB4P4WT")]
    pub person_id: String,
    /// The name, masked.
    #[schema(example = "王**")]
    pub name: String,
    /// The phone, masked.
    #[schema(example = "138****1234")]
    pub phone: String,
    /// What the person is there for.
    pub posts: Vec<PostView>,
    /// Whether the account is frozen.
    pub frozen: bool,
}

impl From<&User> for StaffView {
    fn from(user: &User) -> Self {
        Self {
            person_id: user.id.to_string(),
            name: user.name.masked_name(),
            phone: user.phone.masked_number(),
            posts: user.posts.iter().map(PostView::from).collect(),
            frozen: user.frozen.is_some(),
        }
    }
}
