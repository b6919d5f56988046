//! The lists that are taken out, as sheets: masked as they are shown. S2.1 S3.1 S3.3.

use domain::access::Granted;
use domain::directory::{Grade, Homeroom, Sex, Student};
use domain::id::{HomeroomId, SchoolCode};
use domain::import::Cell;
use domain::user::User;
use edge::App;
use edge::app::Outcome;
use jiff::civil::Date;
use sheet::{Heading, Sheet};

/// People of a page that is read.
const PAGE: i32 = 100;

/// What is taken out, and of which school.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of<'a> {
    /// The school.
    pub(crate) school: &'a SchoolCode,
    /// Only this grade.
    pub(crate) grade: Option<Grade>,
    /// The day it is taken out.
    pub(crate) day: Date,
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn number(number: impl Into<u64>) -> Cell {
    Cell::Number(number.into().to_string())
}

fn sheet(name: &str, day: Date, headings: &[&str], rows: Vec<Vec<Cell>>) -> Sheet {
    let headings = headings.iter().map(|title| Heading::text(*title)).collect();
    Sheet { name: name.to_owned(), created: day, headings, rows }
}

/// The homerooms that are there, by grade and identifier.
async fn present(app: &App, of: Of<'_>) -> Outcome<Vec<Homeroom>> {
    let mut homerooms = app.store().homerooms(of.school).await?;
    homerooms.retain(|room| room.graduated.is_none() && of.grade.is_none_or(|grade| grade == room.grade));
    homerooms.sort_by(|one, other| (one.grade, &one.id).cmp(&(other.grade, &other.id)));
    Ok(homerooms)
}

/// The homerooms with the number of pupils in them.
pub(crate) async fn homerooms(app: &App, of: Of<'_>) -> Outcome<Sheet> {
    let mut rows = Vec::new();
    for room in present(app, of).await? {
        let pupils = app.store().members(&room.id).await?.len();
        let entry_year = room.id.entry_year();
        rows.push(vec![
            text(room.id.to_string()),
            text(room.name),
            number(room.grade),
            number(entry_year),
            number(u64::try_from(pupils).unwrap_or(u64::MAX)),
        ]);
    }
    Ok(sheet("行政班", of.day, &["行政班编号", "班级名称", "年级", "入学年份", "学生人数"], rows))
}

/// The pupils, homeroom by homeroom; none beyond `most`.
pub(crate) async fn students<P>(app: &App, granted: &Granted<P>, of: Of<'_>, most: usize) -> Outcome<Option<Sheet>> {
    let mut rows = Vec::new();
    for room in present(app, of).await? {
        let students = app.store().students_kept(&room.id).await?;
        let within = students.into_iter().filter_map(|student| student.within(granted));
        rows.extend(within.map(|student| student_row(&room, &student.value.value)));
        if rows.len() > most {
            return Ok(None);
        }
    }
    Ok(Some(sheet("学生", of.day, &["行政班", "年级", "学生编号", "姓名", "学籍号", "性别", "减免"], rows)))
}

fn student_row(room: &Homeroom, student: &Student) -> Vec<Cell> {
    let pupil = &student.pupil;
    let sex = match pupil.sex {
        Sex::Male => "男",
        Sex::Female => "女",
        Sex::Unstated => "未说明",
    };
    let waivers: Vec<String> =
        pupil.waivers.iter().map(|waiver| format!("{} {}%", waiver.reason, waiver.percent)).collect();
    vec![
        text(room.name.clone()),
        number(pupil.grade),
        text(pupil.id.to_string()),
        text(student.name.masked_name()),
        text(student.number.masked_number()),
        text(sex),
        text(waivers.join("、")),
    ]
}

/// The staff with the posts; none beyond `most`.
pub(crate) async fn staff<P>(app: &App, granted: &Granted<P>, of: Of<'_>, most: usize) -> Outcome<Option<Sheet>> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let (users, next) = app.store().users(Some(of.school), after.as_deref(), PAGE).await?;
        let within = users.into_iter().filter_map(|user| user.within(granted));
        rows.extend(within.map(|user| staff_row(&user.value)));
        if rows.len() > most {
            return Ok(None);
        }
        after = next;
        if after.is_none() {
            let headings = ["用户编号", "姓名", "手机号", "岗位", "任教科目", "行政班", "账号状态"];
            return Ok(Some(sheet("教职工", of.day, &headings, rows)));
        }
    }
}

fn staff_row(user: &User) -> Vec<Cell> {
    let posts: Vec<&str> = user.posts.iter().map(|post| post.kind.chinese()).collect();
    let subjects: Vec<&str> = user.posts.iter().flat_map(|post| &post.subjects).map(String::as_str).collect();
    let rooms: Vec<&str> = user.posts.iter().flat_map(|post| &post.homerooms).map(HomeroomId::as_str).collect();
    vec![
        text(user.id.to_string()),
        text(user.name.masked_name()),
        text(user.phone.masked_number()),
        text(posts.join("、")),
        text(subjects.join("、")),
        text(rooms.join("、")),
        text(if user.frozen.is_some() { "已冻结" } else { "正常" }),
    ]
}
