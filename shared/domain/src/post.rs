//! Posts (岗位): what members of a school's staff are there for. Information for schools, never a right: rights are the
//! grants. S3.2.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::directory::{Grade, Homeroom, School};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::HomeroomId;

/// Most posts of one person.
pub const POSTS: usize = 10;
/// Most subjects, and most homerooms, of one post.
pub const PLACES: usize = 40;

/// What a post is for.
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
pub enum PostKind {
    /// Teaches (任课).
    Teaching,
    /// Looks after classes and pupils (行政管理).
    Administration,
    /// Goes round and looks (巡课).
    Patrol,
    /// Looks after the money (财务).
    Finance,
    /// Runs the after-school service (管理员).
    Manager,
}

impl PostKind {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Teaching => "任课",
            Self::Administration => "行政管理",
            Self::Patrol => "巡课",
            Self::Finance => "财务",
            Self::Manager => "管理员",
        }
    }
}

/// A post, and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// What it is for.
    pub kind: PostKind,
    /// What is taught.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// The homerooms it is about.
    #[serde(default)]
    pub homerooms: Vec<HomeroomId>,
    /// The grades it is about.
    #[serde(default)]
    pub grades: BTreeSet<Grade>,
}

/// Why posts cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "post/")]
pub enum PostError {
    /// More than one person has.
    #[error("一名教职工最多有 {POSTS} 个岗位,请合并同类岗位")]
    TooMany,
    /// Two posts of one kind.
    #[error("「{kind}」岗位重复,请合并为一个")]
    Twice {
        /// The kind, for people.
        kind: &'static str,
    },
    /// Who teaches teaches something; nobody else does.
    #[error("任课岗位须填写 1 至 40 个科目,每个 1 至 20 个字;其他岗位不填科目")]
    SubjectsUnusable,
    /// A homeroom that is not the school's, or too many of them.
    #[error("岗位中的行政班须为本校在校班级,最多 40 个,请重新选择")]
    HomeroomUnknown,
    /// A grade that the school does not teach.
    #[error("岗位中的年级不在本校学段内,请重新选择")]
    GradeUnknown,
    /// The account is above schools, or a guardian's.
    #[error("该用户不是学校教职工账号,不能设置岗位")]
    NotOfSchool,
}

impl Fault for PostError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooMany
            | Self::Twice { .. }
            | Self::SubjectsUnusable
            | Self::HomeroomUnknown
            | Self::GradeUnknown => Kind::Invalid,
            Self::NotOfSchool => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        if self.kind() == Kind::Invalid {
            vec![Pointed { pointer: "/posts".to_owned(), detail: self.to_string() }]
        } else {
            Vec::new()
        }
    }
}

/// The same posts, if a member of the staff of `school` can have them.
pub fn checked(posts: Vec<Post>, school: &School, homerooms: &[Homeroom]) -> Result<Vec<Post>, PostError> {
    if posts.len() > POSTS {
        return Err(PostError::TooMany);
    }
    let mut seen = BTreeSet::new();
    for post in &posts {
        if !seen.insert(post.kind) {
            return Err(PostError::Twice { kind: post.kind.chinese() });
        }
        check(post, school, homerooms)?;
    }
    Ok(posts)
}

fn check(post: &Post, school: &School, homerooms: &[Homeroom]) -> Result<(), PostError> {
    let usable =
        |subject: &String| (1..=20).contains(&subject.trim().chars().count()) && !subject.chars().any(char::is_control);
    let wanted = if post.kind == PostKind::Teaching { 1..=PLACES } else { 0..=0 };
    if !wanted.contains(&post.subjects.len()) || !post.subjects.iter().all(usable) {
        return Err(PostError::SubjectsUnusable);
    }
    let present = |id: &HomeroomId| homerooms.iter().any(|room| room.id == *id && room.graduated.is_none());
    if post.homerooms.len() > PLACES || !post.homerooms.iter().all(present) {
        return Err(PostError::HomeroomUnknown);
    }
    let span = school.grade_span();
    if post.grades.iter().all(|grade| span.contains(grade)) { Ok(()) } else { Err(PostError::GradeUnknown) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Merchants, Stage};

    fn school() -> School {
        School {
            code: "2144200601".parse().unwrap(),
            name: "示例小学".to_owned(),
            township: "442000006".parse().unwrap(),
            stages: vec![Stage::Primary],
            merchants: Merchants::default(),
            premises: crate::school::Premises::default(),
        }
    }

    fn post(kind: PostKind, subjects: &[&str]) -> Post {
        let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
        Post { kind, subjects, homerooms: Vec::new(), grades: BTreeSet::new() }
    }

    fn refused(posts: Vec<Post>) -> Option<PostError> {
        let present = Homeroom {
            id: HomeroomId::new(&school().code, 2024, 1),
            grade: 3,
            name: "三年级(1)班".to_owned(),
            graduated: None,
        };
        let left = Homeroom { id: HomeroomId::new(&school().code, 2019, 1), graduated: Some(2025), ..present.clone() };
        checked(posts, &school(), &[present, left]).err()
    }

    #[test]
    fn s3_2_posts_are_of_five_kinds_each_once() {
        let teaching = Post {
            homerooms: vec![HomeroomId::new(&school().code, 2024, 1)],
            grades: [3, 4].into(),
            ..post(PostKind::Teaching, &["语文", "书法"])
        };
        let others = [PostKind::Administration, PostKind::Patrol, PostKind::Finance, PostKind::Manager];
        let all = std::iter::once(teaching.clone()).chain(others.map(|kind| post(kind, &[]))).collect();
        assert_eq!(refused(all), None);
        assert_eq!(refused(vec![teaching.clone(), teaching]), Some(PostError::Twice { kind: "任课" }));
        assert_eq!(refused(vec![post(PostKind::Patrol, &[]); 11]), Some(PostError::TooMany));
    }

    #[test]
    fn s3_2_a_post_reaches_what_the_school_has() {
        assert_eq!(refused(vec![post(PostKind::Teaching, &[])]), Some(PostError::SubjectsUnusable));
        assert_eq!(refused(vec![post(PostKind::Teaching, &[""])]), Some(PostError::SubjectsUnusable));
        assert_eq!(refused(vec![post(PostKind::Finance, &["数学"])]), Some(PostError::SubjectsUnusable));
        for id in ["2144200602.2024.01", "2144200601.2024.09", "2144200601.2019.01"] {
            let elsewhere = Post { homerooms: vec![id.parse().unwrap()], ..post(PostKind::Patrol, &[]) };
            assert_eq!(refused(vec![elsewhere]), Some(PostError::HomeroomUnknown), "{id}");
        }
        let high = Post { grades: [7].into(), ..post(PostKind::Patrol, &[]) };
        assert_eq!(refused(vec![high]), Some(PostError::GradeUnknown));
    }
}
