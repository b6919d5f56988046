//! Changes of lessons (调课、代课、停课): asked for by a teacher or the school, decided by somebody else where the school
//! wants it, in effect at once, and revoked as long as the lesson was not given. S23 T5.
//!
//! A lesson may be changed several times, one change upon the other. Revoking makes it what it was before; so the last
//! change is revoked first.

mod effect;
mod error;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use effect::{Effect, EffectFacts};
pub use error::ChangeError;

use super::class::{Teacher, TeachingClass};
use super::lesson::Lesson;
use super::rules::Approvals;
use crate::access::{Grant, Owned, Owner, Permission, RoleBook, Scope};
use crate::id::{ClassId, LessonId, OrganizationId, PersonId, RoomId, SchoolCode, TeachingRequestId};
use crate::money::Money;
use crate::time::Moment;

/// Characters of a reason.
pub const REASON_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=200;
/// Characters of what a teacher is called.
const CALLED_CHARACTERS: usize = 20;
/// Most a change may cost or save, in yuan.
const FEE_YUAN: i64 = 10_000;

/// What is to become of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is given at another time, or elsewhere (调课). One that is off is made up for by it (补课).
    Reschedule {
        /// The day.
        date: Date,
        /// The period.
        period: u8,
        /// The room, if it is to be another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<RoomId>,
    },
    /// Somebody teaches in a teacher's place (代课).
    Substitute {
        /// The teacher of the class whose place it is.
        absent: PersonId,
        /// Who teaches.
        present: Teacher,
    },
    /// It is not given (停课).
    Off,
}

/// The kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ChangeKind {
    /// [`Change::Reschedule`].
    Reschedule,
    /// [`Change::Substitute`].
    Substitute,
    /// [`Change::Off`].
    Off,
}

impl ChangeKind {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Reschedule => "调课",
            Self::Substitute => "代课",
            Self::Off => "停课",
        }
    }
}

impl Change {
    /// Its kind.
    pub const fn kind(&self) -> ChangeKind {
        match self {
            Self::Reschedule { .. } => ChangeKind::Reschedule,
            Self::Substitute { .. } => ChangeKind::Substitute,
            Self::Off => ChangeKind::Off,
        }
    }

    /// Whether somebody has to approve it, by a school's rules. Only the school lets a lesson fall out, and what it
    /// decides needs nobody else's word.
    pub const fn wants_approval(&self, approvals: &Approvals) -> bool {
        match self {
            Self::Reschedule { .. } => approvals.reschedule,
            Self::Substitute { .. } => approvals.substitute,
            Self::Off => false,
        }
    }
}

/// For whom somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Party {
    /// A teacher, for the own lessons.
    Teacher,
    /// The school.
    School,
}

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ChangeState {
    /// Waits for a decision (待审核).
    Asked,
    /// In effect (已通过).
    Approved,
    /// Refused (已驳回).
    Refused,
    /// Taken back by who asked, before it was decided (已撤回).
    TakenBack,
    /// Was in effect and is no longer (已撤销).
    Revoked,
}

impl ChangeState {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Asked => "待审核",
            Self::Approved => "已通过",
            Self::Refused => "已驳回",
            Self::TakenBack => "已撤回",
            Self::Revoked => "已撤销",
        }
    }
}

/// What a change costs more or less, as it was worked out. S23.5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeDifference {
    /// More to be paid, or less when negative.
    pub amount: Money,
    /// For what, and how it was worked out.
    pub note: String,
}

impl FeeDifference {
    /// The same, if it can be so.
    pub fn checked(self) -> Result<Self, ChangeError> {
        let within = self.amount.fen().unsigned_abs() <= FEE_YUAN.unsigned_abs().saturating_mul(100);
        if within && is_reason(&self.note) { Ok(self) } else { Err(ChangeError::FeeUnusable) }
    }
}

/// What was said at a decision, a revocation: by whom, when, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// By whom; none: the rules, which want nobody's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// When.
    pub at: Moment,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A change of a lesson, from the request on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonChange {
    /// Its identifier.
    pub id: TeachingRequestId,
    /// The hash of the request it came with.
    pub request: String,
    /// The school.
    pub school: SchoolCode,
    /// The class.
    pub class: ClassId,
    /// The lesson's number in it.
    pub lesson: u16,
    /// The title of the class.
    pub title: String,
    /// The provider of an external course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<OrganizationId>,
    /// What is to become of it.
    pub change: Change,
    /// Why.
    pub reason: String,
    /// What it costs more or less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<FeeDifference>,
    /// Who asked.
    pub asked_by: PersonId,
    /// For whom.
    pub party: Party,
    /// When.
    pub asked_at: Moment,
    /// The teachers it concerns: of the class, who asked, who would stand in.
    pub people: Vec<PersonId>,
    /// The lesson as it was: when it was asked for, and once it is in effect, just before.
    pub was: Lesson,
    /// The lesson as it became by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub became: Option<Lesson>,
    /// Where it stands.
    pub state: ChangeState,
    /// How it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Word>,
    /// How it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Word>,
}

impl Owned for LessonChange {
    fn owner(&self) -> Owner<'_> {
        Owner {
            school: Some(&self.school),
            provider: self.provider.as_ref(),
            teachers: &self.people,
            class: Some(self.class.clone()),
            ..Owner::default()
        }
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its identifier.
    pub id: TeachingRequestId,
    /// The hash of the request.
    pub request: String,
    /// What is to become of the lesson.
    pub change: Change,
    /// Why.
    pub reason: String,
    /// What it costs more or less.
    pub fee: Option<FeeDifference>,
    /// Who asks.
    pub by: PersonId,
    /// For whom.
    pub party: Party,
}

/// The place among the teachers of a lesson that somebody fills: the own one, or that of whom one stands in for.
pub fn place_of<'a>(class: &'a TeachingClass, lesson: &'a Lesson, person: &PersonId) -> Option<&'a Teacher> {
    let stands_in = lesson.stand_ins.iter().find(|one| one.present.person == *person).map(|one| &one.absent);
    class.teachers_on(lesson.date).iter().find(|teacher| teacher.person == *stands_in.unwrap_or(person))
}

/// Whether somebody who holds these roles may teach at a school.
pub fn may_teach(grants: &[Grant], book: &RoleBook, school: &SchoolCode) -> bool {
    let at_school = |scope: &Scope| matches!(scope, Scope::Classes(at) | Scope::School(at) if at == school);
    grants.iter().any(|grant| at_school(&grant.scope) && book.allows(grant, Permission::TakeRoll))
}

fn is_reason(text: &str) -> bool {
    REASON_CHARACTERS.contains(&text.trim().chars().count())
}

impl LessonChange {
    /// A change as it is asked for.
    pub fn ask(asked: Asked, class: &TeachingClass, lesson: u16, now: Moment) -> Result<Self, ChangeError> {
        let Asked { id, request, change, reason, fee, by, party } = asked;
        let was = class.lesson(lesson).ok_or(ChangeError::NoSuchLesson)?;
        if !is_reason(&reason) {
            return Err(ChangeError::ReasonUnusable);
        }
        let mut people = class.staff.clone();
        people.push(by.clone());
        match &change {
            Change::Off if party == Party::Teacher => return Err(ChangeError::BySchoolOnly),
            Change::Substitute { absent, present } => {
                let own = place_of(class, was, &by).map(|place| &place.person);
                if party == Party::Teacher && own != Some(absent) {
                    return Err(ChangeError::OthersPlace);
                }
                if !(1..=CALLED_CHARACTERS).contains(&present.called.trim().chars().count()) {
                    return Err(ChangeError::CalledUnusable);
                }
                people.push(present.person.clone());
            }
            Change::Off | Change::Reschedule { .. } => {}
        }
        people.sort();
        people.dedup();
        Ok(Self {
            id,
            request,
            school: class.school.clone(),
            class: class.id.clone(),
            lesson,
            title: class.title.clone(),
            provider: class.provider.clone(),
            change,
            reason: reason.trim().to_owned(),
            fee: fee.map(FeeDifference::checked).transpose()?,
            asked_by: by,
            party,
            asked_at: now,
            people,
            was: was.clone(),
            became: None,
            state: ChangeState::Asked,
            decision: None,
            revocation: None,
        })
    }

    /// The lesson.
    pub fn lesson_id(&self) -> LessonId {
        LessonId::new(&self.class, self.lesson)
    }

    /// The lesson as it is by what is known of the change.
    pub fn stands(&self) -> &Lesson {
        let in_effect = self.became.as_ref().filter(|_| self.state == ChangeState::Approved);
        in_effect.unwrap_or(&self.was)
    }

    /// How often its effect has changed the lesson: once when it came, once more when it went.
    pub const fn effects(&self) -> u32 {
        match self.state {
            ChangeState::Asked | ChangeState::Refused | ChangeState::TakenBack => 0,
            ChangeState::Approved => 1,
            ChangeState::Revoked => 2,
        }
    }

    /// When it last changed the lesson.
    pub fn effective_at(&self) -> Option<Moment> {
        match self.state {
            ChangeState::Asked | ChangeState::Refused | ChangeState::TakenBack => None,
            ChangeState::Approved => self.decision.as_ref().map(|word| word.at),
            ChangeState::Revoked => self.revocation.as_ref().map(|word| word.at),
        }
    }

    /// Whether it could come into effect as things stand: who asks learns at once what is in the way.
    pub fn check(&self, facts: EffectFacts<'_>) -> Result<(), ChangeError> {
        effect::of(&self.change, (self.lesson, &self.reason), self.party, facts).map(drop)
    }

    /// Brings it into effect because the rules want nobody's word.
    pub fn take_effect(&mut self, facts: EffectFacts<'_>) -> Result<Effect, ChangeError> {
        self.enter(self.party, Word { by: None, at: facts.now, reason: None }, facts)
    }

    /// Approves it: it is in effect. Who asked does not decide.
    pub fn approve(
        &mut self,
        by: &PersonId,
        note: Option<&str>,
        facts: EffectFacts<'_>,
    ) -> Result<Effect, ChangeError> {
        self.check_decider(by)?;
        let reason = note.map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned);
        if reason.as_deref().is_some_and(|reason| !is_reason(reason)) {
            return Err(ChangeError::ReasonUnusable);
        }
        self.enter(Party::School, Word { by: Some(by.clone()), at: facts.now, reason }, facts)
    }

    fn enter(&mut self, party: Party, word: Word, facts: EffectFacts<'_>) -> Result<Effect, ChangeError> {
        if self.state != ChangeState::Asked {
            return Err(ChangeError::AlreadyDecided);
        }
        let effect = effect::of(&self.change, (self.lesson, &self.reason), party, facts)?;
        self.was = effect.was.clone();
        self.became = Some(effect.became.clone());
        self.state = ChangeState::Approved;
        self.decision = Some(word);
        Ok(effect)
    }

    /// Refuses it, with a reason.
    pub fn refuse(&mut self, by: &PersonId, reason: &str, now: Moment) -> Result<(), ChangeError> {
        self.check_decider(by)?;
        if !is_reason(reason) {
            return Err(ChangeError::ReasonUnusable);
        }
        self.state = ChangeState::Refused;
        self.decision = Some(Word { by: Some(by.clone()), at: now, reason: Some(reason.trim().to_owned()) });
        Ok(())
    }

    fn check_decider(&self, by: &PersonId) -> Result<(), ChangeError> {
        if self.state != ChangeState::Asked {
            return Err(ChangeError::AlreadyDecided);
        }
        if self.asked_by == *by { Err(ChangeError::SecondPersonNeeded) } else { Ok(()) }
    }

    /// Takes it back, by who asked, before it is decided.
    pub fn take_back(&mut self, by: &PersonId, now: Moment) -> Result<(), ChangeError> {
        if self.asked_by != *by {
            return Err(ChangeError::NotTheAsker);
        }
        if self.state != ChangeState::Asked {
            return Err(ChangeError::AlreadyDecided);
        }
        self.state = ChangeState::TakenBack;
        self.decision = Some(Word { by: Some(by.clone()), at: now, reason: None });
        Ok(())
    }

    /// Revokes it: the lesson is what it was before, if that is still free.
    pub fn revoke(&mut self, by: &PersonId, reason: &str, facts: EffectFacts<'_>) -> Result<Effect, ChangeError> {
        if !is_reason(reason) {
            return Err(ChangeError::ReasonUnusable);
        }
        let became = self.became.as_ref().filter(|_| self.state == ChangeState::Approved);
        let became = became.ok_or(ChangeError::NotInEffect)?;
        let effect = effect::undone((&self.was, became), facts)?;
        self.state = ChangeState::Revoked;
        self.revocation = Some(Word { by: Some(by.clone()), at: facts.now, reason: Some(reason.trim().to_owned()) });
        Ok(effect)
    }

    /// Enters what it costs more or less, once that is worked out. What never came into effect costs nothing.
    pub fn record_fee(&mut self, fee: Option<FeeDifference>) -> Result<(), ChangeError> {
        if self.became.is_none() && self.state != ChangeState::Asked {
            return Err(ChangeError::NotInEffect);
        }
        self.fee = fee.map(FeeDifference::checked).transpose()?;
        Ok(())
    }
}
