//! Where schedules are played: the same small town, as it is for a day, with its bills read, paying in parts, being
//! taught, or told by the city what its courses cost.

use std::time::Duration;

use domain::Pii;
use domain::audit::Actor;
use domain::directory::Homeroom;
use domain::instalment::PaymentMode;
use jiff::{SignedDuration, Timestamp};
use store::{Commit, Versioned};
use testkit::START;
use testkit::stage::{Stage, TownImage};
use testkit::town::Town;

use crate::play::TEACHING_MINUTES;
use crate::{classes, coming};

/// Minutes after midnight when other schedules begin.
const START_MINUTES: i64 = 8 * 60;
/// Pupils of the town.
const PUPILS: usize = 8;

/// What a schedule is about, beside what is in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An hour, and what comes of it.
    Day,
    /// Days: bills are read in the midst of things and afterwards, and some of what happened is heard of by them alone.
    Bills,
    /// Courses are paid in parts.
    Parts,
    /// Two days of teaching: classes, roll calls, leave, locks, and pupils who move.
    Teaching,
    /// The city tells of prices, providers, schools and courses while families enroll.
    Intake,
}

impl Kind {
    /// What the schedule of a seed is about.
    pub(crate) const fn of(seed: u64) -> Self {
        match seed % 16 {
            0 | 4 | 8 | 12 => Self::Bills,
            1 | 9 => Self::Parts,
            3 => Self::Intake,
            5 => Self::Teaching,
            _ => Self::Day,
        }
    }

    /// When the schedule of a seed begins. Where bills are read or the city tells something, half of them begin so late
    /// that a night lies in the midst of them.
    pub(crate) fn start(self, seed: u64) -> Timestamp {
        let late = match self {
            Self::Bills => (seed / 4).is_multiple_of(2),
            Self::Intake => (seed / 16).is_multiple_of(2),
            Self::Day | Self::Parts | Self::Teaching => false,
        };
        let minutes = match self {
            Self::Bills | Self::Intake if late => {
                i64::from(u16::try_from(seed % 12).unwrap_or_default()) + 15 * 60 + 44
            }
            Self::Teaching => TEACHING_MINUTES - START_MINUTES,
            Self::Day | Self::Bills | Self::Parts | Self::Intake => 0,
        };
        START.saturating_add(SignedDuration::from_mins(minutes)).expect("a moment of the same day")
    }
}

/// Whether the city is told anything in the schedule of a seed: a quarter of them, and all about teaching.
pub(crate) const fn tells_the_city(seed: u64) -> bool {
    seed % 4 == 1
}

/// Whether it loses, forgets or changes records by itself, which nothing but a comparison finds.
pub(crate) const fn city_meddles(seed: u64) -> bool {
    seed % 8 == 1
}

/// A town to play in.
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) town: Town,
    pub(crate) image: TownImage,
}

/// The towns of all kinds.
pub(crate) struct Places {
    day: Place,
    bills: Place,
    parts: Place,
    teaching: Place,
    intake: Place,
}

/// A town that has settled in, its homeroom among it, after something has happened there.
fn image_of(town: &Town, happens: impl AsyncFnOnce(&Stage)) -> TownImage {
    Stage::image_after(town, async |stage| {
        let pupil = &town.students[0].pupil;
        let (id, name) = (pupil.homeroom.clone(), "三年级(1)班".to_owned());
        let homeroom = Homeroom { id, grade: pupil.grade, name, graduated: None };
        let mut commit = Commit::new(Actor::system("town"), "town.settle", stage.now());
        commit.save_homeroom(&Versioned::absent(homeroom)).expect("a homeroom");
        stage.app().store().commit(commit).await.expect("written");
        happens(stage).await;
    })
}

impl Places {
    pub(crate) fn new() -> Self {
        crate::listen();
        let mut town = Town::small(PUPILS);
        town.term.hold_minutes = 5;
        // A course may be given up while others are still enrolling.
        town.term.windows.withdraw = town.term.windows.opening;
        for (number, student) in town.students.iter_mut().enumerate() {
            student.number = Pii::new(format!("L44200020170901{number:04}"));
        }
        let day = Place { kind: Kind::Day, image: image_of(&town, async |_| {}), town: town.clone() };
        // The days before were read long ago, and twice: nothing moved on them.
        let image = image_of(&town, async |stage| {
            for minutes in [4 * 60 + 10, 30] {
                stage.world.advance(Duration::from_mins(minutes)).await;
                let report = bill_run::run_with_channels(&stage.app()).await.expect("the providers are there");
                assert_eq!((report.failed, report.open, report.overdue), (0, 0, 0), "{:?}", report.worst);
            }
        });
        let bills = Place { kind: Kind::Bills, image, town: town.clone() };
        let taught = classes::town(town.clone());
        let image = image_of(&taught, async |stage| {
            classes::open(stage.app().store(), &taught, stage.now()).await;
        });
        let teaching = Place { kind: Kind::Teaching, image, town: taught };
        let image = image_of(&town, async |stage| {
            coming::open(stage.app().store(), &town, stage.now()).await;
        });
        let intake = Place { kind: Kind::Intake, image, town: town.clone() };
        // The second part falls due at once, its time is over weeks later.
        town.term.payment = PaymentMode::Periods { count: 6, days: 28 };
        let parts = Place { kind: Kind::Parts, image: image_of(&town, async |_| {}), town };
        Self { day, bills, parts, teaching, intake }
    }

    /// The town of a seed.
    pub(crate) const fn of(&self, seed: u64) -> &Place {
        self.like(Kind::of(seed))
    }

    /// The town of a kind.
    pub(crate) const fn like(&self, kind: Kind) -> &Place {
        match kind {
            Kind::Day => &self.day,
            Kind::Bills => &self.bills,
            Kind::Parts => &self.parts,
            Kind::Teaching => &self.teaching,
            Kind::Intake => &self.intake,
        }
    }
}
