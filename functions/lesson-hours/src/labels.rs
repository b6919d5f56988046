//! What groups are called: classes, courses, homerooms, teachers by their forms of address, pupils by their masked names,
//! for whoever has reached the classes they are in.

use std::collections::BTreeMap;

use domain::access::Guarded;
use domain::directory::Homeroom;
use domain::id::{PersonId, StudentId};
use domain::teaching::class::{Teacher, TeachingClass};
use domain::teaching::grouped::Group;
use edge::App;
use edge::app::Outcome;
use edge::caller::AccessError;

use crate::counting::Ground;

/// Pupils whose names are opened at once.
const NAMES: usize = 500;

/// What a group is called.
#[derive(Debug, Clone, Default)]
pub(crate) struct Label {
    pub(crate) name: String,
    pub(crate) homeroom: Option<String>,
}

impl From<String> for Label {
    fn from(name: String) -> Self {
        Self { name, homeroom: None }
    }
}

/// What these groups of a school's term are called.
pub(crate) async fn labels(
    app: &App,
    ground: &Ground,
    homerooms: &[Homeroom],
    groups: impl Iterator<Item = &Group> + Clone,
) -> Outcome<BTreeMap<Group, Label>> {
    let pupils = pupils(app, groups.clone()).await?;
    let courses = courses(app, ground, groups.clone()).await?;
    let teachers = teachers(ground);
    let label = |group: &Group| match group {
        Group::All => "合计".to_owned().into(),
        Group::NoHomeroom => "不在行政班".to_owned().into(),
        Group::Pupil(id) => pupils.get(id).cloned().unwrap_or_default(),
        Group::Teacher(id) => teachers.get(id).copied().cloned().unwrap_or_default().into(),
        Group::Course(code) => courses.get(code.as_str()).cloned().unwrap_or_default().into(),
        Group::Class(id) => ground.classes.class(id).map(|class| class.title.clone()).unwrap_or_default().into(),
        Group::Homeroom(id) => {
            let found = homerooms.iter().find(|homeroom| homeroom.id == *id);
            found.map(|homeroom| homeroom.name.clone()).unwrap_or_default().into()
        }
        Group::Lesson(id) => {
            let class = ground.classes.class(&id.class());
            let lesson = class.and_then(|class| Some((class, class.lesson(id.number())?)));
            lesson.map(|(class, lesson)| format!("{} {}", class.title, lesson.date)).unwrap_or_default().into()
        }
        Group::Day(_) | Group::Week(_) | Group::Month(_) => Label::default(),
    };
    Ok(groups.map(|group| (group.clone(), label(group))).collect())
}

/// The pupils among the groups: their masked names and homerooms.
async fn pupils(app: &App, groups: impl Iterator<Item = &Group>) -> Outcome<BTreeMap<StudentId, Label>> {
    let pupil = |group: &Group| if let Group::Pupil(id) = group { Some(id.clone()) } else { None };
    let ids: Vec<StudentId> = groups.filter_map(pupil).collect();
    let mut found = BTreeMap::new();
    for some in ids.chunks(NAMES) {
        let students = app.store().open_students_of(some.to_vec()).await?;
        found.extend(students.into_iter().map(Guarded::unguarded).map(|student| {
            let student = student.value;
            let label = Label { name: student.name.masked_name(), homeroom: Some(student.pupil.homeroom.to_string()) };
            (student.pupil.id, label)
        }));
    }
    Ok(found)
}

/// The titles of the courses, if there are any among the groups.
async fn courses(
    app: &App,
    ground: &Ground,
    mut groups: impl Iterator<Item = &Group>,
) -> Outcome<BTreeMap<String, String>> {
    if !groups.any(|group| matches!(group, Group::Course(_))) {
        return Ok(BTreeMap::new());
    }
    let catalog = app.store().catalog(&ground.term.school, &ground.term.code).await?.ok_or(AccessError::NotFound)?;
    let title = |(code, offering): (&domain::id::CourseCode, &domain::catalog::Offering)| {
        (code.to_string(), offering.title.clone())
    };
    Ok(catalog.offerings.iter().map(title).collect())
}

/// What teachers of the term are called; who is called differently in several classes, as in one of them.
fn teachers(ground: &Ground) -> BTreeMap<&PersonId, &String> {
    let all = ground.classes.all().flat_map(all_teachers);
    all.map(|teacher| (&teacher.person, &teacher.called)).collect()
}

/// Everybody who has taught a class, the present teachers last.
fn all_teachers(class: &TeachingClass) -> impl Iterator<Item = &Teacher> {
    let former = class.former.iter().flat_map(|former| &former.teachers);
    let stand_ins = class.lessons.iter().flat_map(|lesson| &lesson.stand_ins).map(|one| &one.present);
    former.chain(stand_ins).chain(&class.teachers)
}
