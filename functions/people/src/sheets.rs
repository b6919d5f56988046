//! The lists that are taken out, as sheets: masked as they are shown. S2.1 S3.1 S3.3.

use domain::access::Granted;
use domain::directory::{Grade, Homeroom, Sex, Student};
use domain::id::{HomeroomId, SchoolCode};
use domain::import::Cell;
use domain::user::User;
use edge::App;
use edge::app::Outcome;
use jiff::civil::Date;
use sheet::Sheet;

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
            Cell::text(room.id.to_string()),
            Cell::text(room.name),
            Cell::count(room.grade),
            Cell::count(entry_year),
            Cell::count(u64::try_from(pupils).unwrap_or(u64::MAX)),
        ]);
    }
    Ok(Sheet::list("行政班", of.day, &["行政班编号", "班级名称", "年级", "入学年份", "学生人数"], rows))
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
    Ok(Some(Sheet::list("学生", of.day, &["行政班", "年级", "学生编号", "姓名", "学籍号", "性别", "减免"], rows)))
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
        Cell::text(room.name.clone()),
        Cell::count(pupil.grade),
        Cell::text(pupil.id.to_string()),
        Cell::text(student.name.masked_name()),
        Cell::text(student.number.masked_number()),
        Cell::text(sex),
        Cell::text(waivers.join("、")),
    ]
}

/// The staff with the posts; none beyond `most`.
pub(crate) async fn staff<P>(app: &App, granted: &Granted<P>, of: Of<'_>, most: usize) -> Outcome<Option<Sheet>> {
    let Some(users) = app.store().all_users(Some(of.school), most).await? else { return Ok(None) };
    let rows = users.into_iter().filter_map(|user| user.within(granted)).map(|user| staff_row(&user.value)).collect();
    let headings = ["用户编号", "姓名", "手机号", "岗位", "任教科目", "行政班", "账号状态"];
    Ok(Some(Sheet::list("教职工", of.day, &headings, rows)))
}

fn staff_row(user: &User) -> Vec<Cell> {
    let posts: Vec<&str> = user.posts.iter().map(|post| post.kind.chinese()).collect();
    let subjects: Vec<&str> = user.posts.iter().flat_map(|post| &post.subjects).map(String::as_str).collect();
    let rooms: Vec<&str> = user.posts.iter().flat_map(|post| &post.homerooms).map(HomeroomId::as_str).collect();
    vec![
        Cell::text(user.id.to_string()),
        Cell::text(user.name.masked_name()),
        Cell::text(user.phone.masked_number()),
        Cell::text(posts.join("、")),
        Cell::text(subjects.join("、")),
        Cell::text(rooms.join("、")),
        Cell::text(if user.frozen.is_some() { "已冻结" } else { "正常" }),
    ]
}
