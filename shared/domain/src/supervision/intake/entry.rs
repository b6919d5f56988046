//! Entries (接收记录): what was received of the city, kept by term, and where it stands. B5.1 S5.1 S6.1.

use serde::{Deserialize, Serialize};

use super::specification::Follow;
use super::{Concern, Difference, IntakeStanding, IntakeState};
use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind};
use crate::id::{PersonId, SchoolCode, TermCode};
use crate::supervision::body::InboundBody;
use crate::supervision::dataset::Inbound;
use crate::supervision::record::Received;
use crate::supervision::source::SourceId;
use crate::tenant::Tenant;
use crate::time::Moment;

/// Where a record is kept: with its school's term, or with all of its kind under the term in which it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IntakePlace {
    /// The school of a course; none: it is nobody's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<SchoolCode>,
    /// The term.
    pub term: TermCode,
}

impl IntakePlace {
    /// Where a record is kept that is received now. A course is of its term; what has no term of its own holds from
    /// the present one on, and a price not before the term it begins with.
    pub fn of(body: &InboundBody, now: Moment) -> Self {
        let present = TermCode::of_day(now.day());
        match body {
            InboundBody::InHouseCourse(course) => {
                Self { school: Some(course.school.clone()), term: course.term.clone() }
            }
            InboundBody::ExternalCourse(course) => {
                Self { school: Some(course.school.clone()), term: course.term.clone() }
            }
            InboundBody::Specification(told) => Self { school: None, term: told.from_term.clone().max(present) },
            InboundBody::School(_) | InboundBody::Provider(_) => Self { school: None, term: present },
        }
    }

    /// Whose its personal data is.
    pub fn tenant(&self) -> Tenant {
        self.school.clone().map_or(Tenant::Platform, Tenant::School)
    }
}

/// The last version of a record, and where it is kept: what was kept under other terms before stays there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeBook {
    /// The city's version of it.
    pub version: u64,
    /// Where.
    pub place: IntakePlace,
}

/// A record that was received, without what it says of persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The kind of it.
    pub inbound: Inbound,
    /// What the city calls it.
    pub source_id: SourceId,
    /// What people call it.
    pub title: String,
    /// Where it is kept.
    pub place: IntakePlace,
    /// The city's version of it.
    pub version: u64,
    /// When the city changed it.
    pub changed_at: Moment,
    /// When it was received.
    pub received_at: Moment,
    /// Whether the city has done away with it; what it said last is kept.
    #[serde(default)]
    pub gone: bool,
    /// In what it differed from what was here.
    #[serde(default)]
    pub differences: Vec<Difference>,
    /// Where it stands.
    pub state: IntakeState,
    /// Whether a later version is kept under another term: then it stands as it stood, and nobody decides it.
    #[serde(default)]
    pub superseded: bool,
    /// Offerings that have still to follow it; none: none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow: Option<Follow>,
}

/// The same with what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reception {
    /// What is not personal.
    pub entry: Entry,
    /// What it says, or said last; none: the city has only told that it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<InboundBody>,
}

impl Owned for Reception {
    fn owner(&self) -> Owner<'_> {
        Owner { school: self.entry.place.school.as_ref(), ..Owner::default() }
    }
}

/// Why a record cannot be decided so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "intake/")]
pub enum IntakeError {
    /// It does not wait for anybody.
    #[error("该记录{standing},无需处理,请刷新列表")]
    NothingToDecide {
        /// Where it stands.
        standing: &'static str,
    },
    /// It lacks something that has to be here first.
    #[error("暂不能采用:{concern}")]
    NotYet {
        /// What.
        concern: Concern,
    },
}

impl Fault for IntakeError {
    fn kind(&self) -> Kind {
        match self {
            Self::NothingToDecide { .. } | Self::NotYet { .. } => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

impl Entry {
    /// A record that is received now, in the place of what was received of it before. What it comes to is not known
    /// yet.
    pub fn received(received: &Received, body: Option<&InboundBody>, place: IntakePlace, now: Moment) -> Self {
        Self {
            inbound: received.inbound,
            source_id: received.source_id.clone(),
            title: body.map_or_else(|| received.source_id.to_string(), |body| title(body).to_owned()),
            place,
            version: received.version,
            changed_at: received.changed_at,
            received_at: now,
            gone: received.body.is_none(),
            differences: Vec::new(),
            state: IntakeState::Known,
            superseded: false,
            follow: None,
        }
    }

    /// Where it stands, in a word.
    pub fn standing(&self) -> IntakeStanding {
        IntakeStanding::from(&self.state)
    }

    /// Since when it waits for a person; none: it does not.
    pub fn waits_since(&self) -> Option<Moment> {
        let waits = self.standing() == IntakeStanding::Waiting && !self.superseded;
        waits.then_some(self.received_at)
    }

    /// Whether it is to be judged again because what it lacks may have come.
    pub fn may_clear(&self) -> bool {
        match &self.state {
            IntakeState::Waiting { concerns } => !self.superseded && concerns.iter().any(Concern::clears_itself),
            IntakeState::Known | IntakeState::Applied { .. } | IntakeState::Declined { .. } => false,
        }
    }

    /// It came to this, by itself.
    pub fn judged(&mut self, differences: Vec<Difference>, concerns: Vec<Concern>, now: Moment) {
        self.state = if !concerns.is_empty() {
            IntakeState::Waiting { concerns }
        } else if differences.is_empty() {
            IntakeState::Known
        } else {
            IntakeState::Applied { at: now, by: None }
        };
        self.differences = differences;
    }

    /// Somebody says that it shall take effect, whatever there is to think about.
    pub fn confirmed(&mut self, concerns: Vec<Concern>, by: PersonId, now: Moment) -> Result<(), IntakeError> {
        self.decidable()?;
        if let Some(concern) = concerns.into_iter().find(Concern::stands_in_the_way) {
            return Err(IntakeError::NotYet { concern });
        }
        self.state = IntakeState::Applied { at: now, by: Some(by) };
        Ok(())
    }

    /// Somebody leaves things as they are.
    pub fn declined(&mut self, reason: String, by: PersonId, now: Moment) -> Result<(), IntakeError> {
        self.decidable()?;
        self.state = IntakeState::Declined { by, at: now, reason };
        Ok(())
    }

    fn decidable(&self) -> Result<(), IntakeError> {
        let standing = self.standing();
        match standing {
            IntakeStanding::Waiting | IntakeStanding::Declined if !self.superseded => Ok(()),
            IntakeStanding::Waiting | IntakeStanding::Declined => {
                Err(IntakeError::NothingToDecide { standing: "已有更新的版本" })
            }
            IntakeStanding::Known | IntakeStanding::Applied => {
                Err(IntakeError::NothingToDecide { standing: standing.chinese() })
            }
        }
    }
}

fn title(body: &InboundBody) -> &str {
    match body {
        InboundBody::School(school) => &school.name,
        InboundBody::Provider(provider) => &provider.name,
        InboundBody::Specification(specification) => &specification.subject,
        InboundBody::InHouseCourse(course) => &course.title,
        InboundBody::ExternalCourse(course) => &course.title,
    }
}

/// How far the pull of a data set has come (拉取进度).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// The data set.
    pub inbound: Inbound,
    /// When it was begun.
    pub began: Moment,
    /// Where the next page begins; none: at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// When the last page was taken; none: it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Moment>,
}

impl Pull {
    /// A pull that begins now.
    pub const fn begin(inbound: Inbound, now: Moment) -> Self {
        Self { inbound, began: now, cursor: None, finished: None }
    }

    /// The pull of the day: the one that was begun today, else a new one. What was left of another day is not gone on
    /// with, since the city has decided more meanwhile.
    pub fn of_day(held: Option<Self>, inbound: Inbound, now: Moment) -> Self {
        held.filter(|held| held.began.day() == now.day()).unwrap_or_else(|| Self::begin(inbound, now))
    }

    /// A page was taken; the next one begins there.
    pub fn took(&mut self, next: Option<String>, now: Moment) {
        self.finished = next.is_none().then_some(now);
        self.cursor = next;
    }
}
