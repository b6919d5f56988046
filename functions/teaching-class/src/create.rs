//! A class is set up: its lessons are laid out over the term, if nobody is needed twice. S17.1 S17.3 S17.4.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::calendar::Day;
use domain::catalog::{Offering, OfferingState};
use domain::id::{PersonId, RoomId};
use domain::teaching::arrange::{Ground, arrange};
use domain::teaching::class::{ClassError, Outline, TeachingClass};
use domain::teaching::lesson::Pattern;
use edge::app::Outcome;
use edge::http::{Answer, IdempotencyKey, Sent};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Deserialize;
use store::key::Key;
use store::reply::Reply;
use store::{Commit, Versioned, key};
use utoipa::ToSchema;

use crate::outline::{ClassPattern, ClassSteward, ClassTeacher, Setting};
use crate::scope::{self, Decided};
use crate::view::ClassDetail;

/// How long the answer to a request is remembered.
const REPLY_DAYS: i64 = 30;

/// A class to be set up. What is left out is taken from the offering.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateClass {
    /// 1 to 40 characters.
    #[schema(example = "书法入门1班")]
    pub title: String,
    /// Most pupils; without it the offering's seats, as far as specification and room allow.
    #[schema(example = 40)]
    pub capacity: Option<u16>,
    /// 1 to 6 teachers, one of them the main one.
    pub teachers: Vec<ClassTeacher>,
    /// At most 6 who look after it.
    #[serde(default)]
    pub stewards: Vec<ClassSteward>,
    /// Where.
    #[schema(value_type = Option<String>, example = "3144200101.R301")]
    pub room_id: Option<RoomId>,
    /// When; without it as the offering is taught.
    pub pattern: Option<ClassPattern>,
    /// From which day on lessons are planned; without it from the first day of the term.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
}

impl CreateClass {
    fn people(&self) -> BTreeSet<PersonId> {
        let teachers = self.teachers.iter().map(|teacher| &teacher.person_id);
        teachers.chain(self.stewards.iter().map(|steward| &steward.person_id)).cloned().collect()
    }

    fn outline(self, offering: &Offering, most: u16) -> Outline {
        let as_offered = || Pattern { slots: offering.slots.clone(), singles: BTreeSet::new() };
        Outline {
            title: self.title,
            capacity: self.capacity.unwrap_or_else(|| offering.capacity.min(most)),
            teachers: self.teachers.into_iter().map(Into::into).collect(),
            stewards: self.stewards.into_iter().map(Into::into).collect(),
            room: self.room_id,
            pattern: self.pattern.map_or_else(as_offered, Into::into),
        }
    }
}

/// 开设教学班
///
/// Its lessons are planned over the calendar of the term at once; who or what would be needed twice is told.
#[utoipa::path(
    post, path = "/offerings/{offering_id}/classes", operation_id = "create_class", tag = "教学班",
    params(
        ("offering_id" = String, Path, description = "开课编号"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = CreateClass,
    responses(
        (status = 201, description = "已开设", body = ClassDetail),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "时间冲突、日期已锁定或课程已停开", body = Problem),
        (status = 412, description = "课表正被频繁修改,请重试", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn create_class(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(request): IdempotencyKey,
    Path(offering_id): Path<String>,
    sent: Sent<CreateClass>,
) -> Outcome<Answer<ClassDetail>> {
    let (granted, offering) = scope::offering(&app, &caller, &offering_id).await?;
    let reply = key::reply(caller.id.as_str(), "create_class", &format!("{}#{request}", offering.id));
    let Sent { value, hash } = sent;
    let made = if let Some(made) = scope::made_before(&app, &granted, (&reply, &hash)).await? {
        made
    } else {
        let wanted = Wanted::of(&app, &offering, value).await?;
        let decide = || async {
            // The same request may have come twice at once.
            if let Some(made) = scope::made_before(&app, &granted, (&reply, &hash)).await? {
                return Ok(Decided::Known(made));
            }
            let commit = Commit::new(caller.actor(&granted), "teaching.create_class", app.now());
            wanted.arrange(&app, &offering, commit, (&reply, &hash)).await
        };
        scope::settled(&app, (&offering.id.school(), &offering.id.term()), decide).await?
    };
    Ok(Answer::created(ClassDetail::of(&app, &caller, &made.value).await?).at_version(made.ver))
}

/// What is wanted, and can be as far as nobody else is concerned.
struct Wanted {
    outline: Outline,
    days: Vec<Day>,
    from: Date,
}

impl Wanted {
    async fn of(app: &App, offering: &Offering, sent: CreateClass) -> Outcome<Self> {
        if offering.state == OfferingState::Cancelled {
            return Err(ClassError::NotOffered.into());
        }
        let school = offering.id.school();
        let (term, days) = scope::term(app, &school, &offering.id.term()).await?;
        let place = (&school, &offering.specification);
        let setting = Setting::read(app, place, (sent.people(), sent.room_id.as_ref()), &[]).await?;
        let from = sent.from.unwrap_or(term.starts_on);
        let outline = setting.checked(sent.outline(offering, setting.most), &term)?;
        Ok(Self { outline, days, from })
    }

    /// Arranges the class among the others, and adds it to the change.
    async fn arrange(
        &self,
        app: &App,
        offering: &Offering,
        mut commit: Commit,
        (reply, body): (&Key, &str),
    ) -> Outcome<Decided<Versioned<TeachingClass>>> {
        let arranged = app.store().arranged(&offering.id.school(), &offering.id.term()).await?;
        let number = arranged.next_number(&offering.id).ok_or(ClassError::TooMany)?;
        let mut class = TeachingClass::of(offering, number, self.outline.clone());
        let others: Vec<&TeachingClass> = arranged.classes.iter().map(|other| &other.value).collect();
        let ground = Ground { days: &self.days, timetable: &arranged.timetable.value, others: &others };
        arrange(&mut class, ground, self.from, |_| false)?;
        let mut class = Versioned::absent(class);
        let expires_at = commit.now().plus_minutes(REPLY_DAYS * 24 * 60).seconds();
        commit.save_class(&class)?;
        commit.save_timetable(&arranged.timetable)?;
        commit
            .reply(reply.clone(), &Reply { body: body.to_owned(), subject: class.value.id.to_string(), expires_at })?;
        class.ver = 1;
        Ok(Decided::Change(commit, class))
    }
}
