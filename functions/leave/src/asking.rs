//! What every request for leave has in common: from which lessons, and how it is written. S21.1 S25.1 P9.2.

use std::collections::BTreeSet;

use domain::access::{Granted, may};
use domain::catalog::Weekday;
use domain::id::{SchoolCode, TeachingRequestId, TermCode};
use domain::teaching::class::TeachingClass;
use domain::teaching::leave::{Absentee, LeaveRequest, Wish};
use domain::teaching::request::{Handling, Party};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, RequestError, parse};
use edge::{App, Caller};
use jiff::civil::Date;
use serde::Deserialize;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::known::Known;
use crate::view::LeaveView;
use crate::write::{ATTEMPTS, mark, promise_word, rolls, values, written_and_told};

/// From which lessons: these, or those of some days.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveWhen {
    /// These lessons, at most 40; else days.
    pub lessons: Option<Vec<String>>,
    /// From this day on.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// To this day.
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    /// Of these days only this day of the week: leave that comes again each week.
    #[schema(value_type = Option<String>, example = "wednesday")]
    pub weekday: Option<Weekday>,
    /// Of these days only this period.
    pub period: Option<u8>,
    /// Of these days only lessons of this class.
    pub class_id: Option<String>,
}

impl LeaveWhen {
    pub(crate) fn wish(&self) -> Result<Wish, RequestError> {
        let Self { lessons, from, until, weekday, period, class_id } = self;
        let narrowed = weekday.is_some() || period.is_some() || class_id.is_some();
        match (lessons, from, until) {
            (Some(lessons), None, None) if !narrowed => {
                let lessons = lessons.iter().map(|lesson| parse("lessons", lesson));
                Ok(Wish::Lessons(lessons.collect::<Result<BTreeSet<_>, _>>()?))
            }
            (None, Some(from), Some(until)) => {
                let class = class_id.as_deref().map(|class| parse("class_id", class)).transpose()?;
                Ok(Wish::Days { from: *from, until: *until, weekday: *weekday, period: *period, class })
            }
            _ => Err(RequestError::ParameterUnusable { name: "when" }),
        }
    }
}

/// The name of a request: the same key of the same person names the same one.
pub(crate) fn request(school: &str, term: &str, name: &str) -> Result<TeachingRequestId, RequestError> {
    let (school, term): (SchoolCode, TermCode) = (parse("school", school)?, parse("term", term)?);
    Ok(TeachingRequestId::named(&school, &term, name))
}

/// The version of a request that was just asked.
const FIRST: u64 = 1;

/// What is asked, and its name.
pub(crate) struct Asking {
    pub(crate) id: TeachingRequestId,
    /// The hash of the request.
    pub(crate) hash: String,
    pub(crate) reason: String,
    pub(crate) wish: Wish,
}

impl Asking {
    pub(crate) async fn ask(
        &self,
        app: &App,
        (caller, granted): (&Caller, &Granted<may::AskLeave>),
        who: Absentee,
    ) -> Outcome<Answer<LeaveView>> {
        let (school, term) = (self.id.school(), self.id.term());
        for _ in 0..ATTEMPTS {
            if let Some(found) = app.store().leave(&self.id).await? {
                let found = found.within(granted).ok_or(AccessError::NotFound)?;
                let same = found.value.handling.request == self.hash;
                let view = LeaveView::from(&found.value);
                return if same { Ok(Answer::created(view)) } else { Err(RequestError::IdempotencyKeyReused.into()) };
            }
            let known = Known::read(app, &school, &term).await?;
            let (party, classes) = match &who {
                Absentee::Pupil(student) => known.of_pupil(granted, student)?,
                Absentee::Teacher(person) => known.of_teacher(granted, person)?,
            };
            let asked = self.decide(app, (caller, granted), (&who, party), (&known, &classes)).await?;
            if let Some(view) = asked {
                return Ok(Answer::created(view).at_version(1));
            }
        }
        Err(StoreError::Stale.into())
    }

    /// Writes the request, granted if the school wants no approval. None: somebody was faster.
    async fn decide(
        &self,
        app: &App,
        (caller, granted): (&Caller, &Granted<may::AskLeave>),
        (who, party): (&Absentee, Party),
        (term, classes): (&Known, &[&TeachingClass]),
    ) -> Outcome<Option<LeaveView>> {
        let lessons = who.choose(&self.wish, party, term.of_leave(classes))?;
        let rolls = rolls(app, &lessons).await?;
        let handling = Handling::asked(self.hash.clone(), (caller.id.clone(), party), term.now);
        let names = (self.id.clone(), who.clone());
        let mut leave = LeaveRequest::ask(names, &self.reason, lessons, &values(&rolls), (handling, classes))?;
        let approval = match who {
            Absentee::Pupil(_) => term.rules.approvals.student_leave,
            Absentee::Teacher(_) => term.rules.approvals.teacher_leave,
        };
        let mut commit = Commit::new(caller.actor(granted), "leave.ask", term.now);
        if !approval {
            leave.grant(None, term.of_leave(classes))?;
            mark(&mut commit, &leave, &rolls)?;
            promise_word(&mut commit, &leave, FIRST)?;
        }
        commit.save_leave(&Versioned::absent(leave.clone()))?;
        let view = LeaveView::from(&leave).without_teacher(&leave.uncovered(classes, &values(&rolls)));
        let news = (!approval && matches!(who, Absentee::Pupil(_)), self.id.as_str(), FIRST);
        Ok(written_and_told(app, commit, news).await?.then_some(view))
    }
}
