//! A small town to play in: one school, one term, a few offerings, pupils and their guardians.

use std::collections::BTreeSet;

use domain::Moment;
use domain::audit::Actor;
use domain::catalog::{
    Category, Fee, Mode, Offering, OfferingState, Origin, Period, Slot, Term, Weekday, Weeks, Windows,
};
use domain::directory::{Guardian, Merchants, Pupil, School, Sex, Stage, Student};
use domain::id::{CourseCode, GuardianId, HomeroomId, OfferingId, SchoolCode, StudentId, TermCode};
use domain::school::Premises;
use domain::time::Span;
use domain::{Money, Pii};
use store::{Commit, Store, Versioned};

/// The school of the town.
pub const SCHOOL: &str = "3144200101";
/// Its merchant number at WeChat Pay.
pub const MERCHANT: &str = "1900000201";

/// Its merchant number at China UMS, which is a closed channel.
pub const BANK_MERCHANT: &str = "898000000000201";

/// Its account at Alipay.
pub const SELLER: &str = "2088000000000201";
/// The term being enrolled for.
pub const TERM: &str = "2026-2027-1";

/// What the town consists of.
#[derive(Clone, Debug)]
pub struct Town {
    /// The school.
    pub school: School,
    /// The term.
    pub term: Term,
    /// What is offered.
    pub offerings: Vec<Offering>,
    /// The pupils, each with one guardian; two by two they are siblings.
    pub students: Vec<Student>,
    /// The guardians.
    pub guardians: Vec<Guardian>,
}

/// Reads an identifier of a test.
pub fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("an identifier")
}

fn letters(family: char, number: usize) -> String {
    format!("{family}{number:09}")
}

/// An offering of the town with `capacity` seats on `weekday`, 25 yuan a lesson, 16 lessons.
pub fn offering(course: &str, capacity: u16, weekday: Weekday) -> Offering {
    let course: CourseCode = id(course);
    Offering {
        id: OfferingId::new(&id(SCHOOL), &id(TERM), &course),
        title: format!("课程{course}"),
        origin: Origin::InHouse,
        category: Category::Enrichment,
        provider: None,
        summary: String::new(),
        specification: id("SP1"),
        capacity,
        lessons: 16,
        unit_price: Money::from_fen(2_500),
        materials: None,
        sundry: None,
        grades: (1..=6).collect::<BTreeSet<_>>(),
        exclusive: None,
        slots: vec![Slot { weekday, period: 1, weeks: Weeks::Every }],
        teacher: String::new(),
        room: String::new(),
        state: OfferingState::Open,
    }
}

impl Town {
    /// Six offerings, scarce ones among them: `K1` and `K3` clash, `K4` and `K5` exclude each other, `K6` is free of
    /// charge, `K2` has optional materials.
    pub fn small(pupils: usize) -> Self {
        let mut offerings = vec![
            offering("K1", 2, Weekday::Monday),
            offering("K2", 3, Weekday::Tuesday),
            offering("K3", 2, Weekday::Monday),
            offering("K4", 2, Weekday::Wednesday),
            offering("K5", 2, Weekday::Thursday),
            offering("K6", 2, Weekday::Friday),
        ];
        offerings[1].materials = Some(Fee { amount: Money::from_fen(3_000), optional: true });
        offerings[3].exclusive = Some("art".to_owned());
        offerings[4].exclusive = Some("art".to_owned());
        offerings[5].unit_price = Money::ZERO;
        Self::with(offerings, pupils)
    }

    /// `count` offerings with `capacity` seats each, at different times.
    pub fn rush(count: usize, capacity: u16, pupils: usize) -> Self {
        let course = |number: usize| {
            let mut offering = offering(&format!("R{number}"), capacity, Weekday::Monday);
            offering.slots.clear();
            offering
        };
        Self::with((0..count).map(course).collect(), pupils)
    }

    /// A town with these offerings.
    pub fn with(offerings: Vec<Offering>, pupils: usize) -> Self {
        let school = School {
            code: id(SCHOOL),
            name: "五桂山第一小学".to_owned(),
            township: id("442000006000"),
            stages: vec![Stage::Primary],
            merchants: Merchants {
                wechat: Some(MERCHANT.to_owned()),
                alipay: Some(SELLER.to_owned()),
                chinaums: Some(BANK_MERCHANT.to_owned()),
                ..Merchants::default()
            },
            premises: Premises::default(),
        };
        let students: Vec<Student> = (0..pupils).map(student).collect();
        let guardians = (0..pupils.div_ceil(2)).map(|number| guardian(number, &students)).collect();
        Self { school, term: term(), offerings, students, guardians }
    }

    /// Fills the tables, through the writer of the platform.
    pub async fn settle_in(&self, store: &Store, now: Moment) {
        let commit = || Commit::new(Actor::system("town"), "town.settle", now);
        let mut first = commit();
        first.save_school(&Versioned::absent(self.school.clone())).expect("a school");
        first.save_term(&Versioned::absent(self.term.clone())).expect("a term");
        store.commit(first).await.expect("written");
        for offering in &self.offerings {
            let mut commit = commit();
            commit.save_offering(&Versioned::absent(offering.clone())).expect("an offering");
            store.commit(commit).await.expect("written");
            assert!(store.set_capacity(&offering.id, offering.capacity).await.expect("written"));
        }
        for student in &self.students {
            let mut commit = commit();
            commit.save_student(&Versioned::absent(student.clone())).expect("a pupil");
            store.commit(commit).await.expect("written");
        }
        for guardian in &self.guardians {
            let mut commit = commit();
            commit.save_guardian(&Versioned::absent(guardian.clone())).expect("a guardian");
            store.commit(commit).await.expect("written");
        }
    }

    /// The guardian of a pupil.
    pub fn guardian_of(&self, pupil: usize) -> GuardianId {
        self.students[pupil].pupil.guardians[0].clone()
    }

    /// The pupil's identifier.
    pub fn pupil(&self, pupil: usize) -> StudentId {
        self.students[pupil].pupil.id.clone()
    }
}

fn term() -> Term {
    let day = |text: &str| text.parse().expect("a day");
    let moment = |text: &str| Moment::parse(text).expect("a moment");
    let always = Span { from: moment("2026-01-01T00:00:00+08:00"), until: moment("2028-01-01T00:00:00+08:00") };
    Term {
        school: id::<SchoolCode>(SCHOOL),
        code: id::<TermCode>(TERM),
        starts_on: day("2026-09-01"),
        ends_on: day("2027-01-20"),
        mode: Mode::Immediate,
        windows: Windows { opening: Some(always), ..Windows::default() },
        limit: 4,
        hold_minutes: 15,
        payment: domain::instalment::PaymentMode::Whole,
        remind_hours: None,
        periods: vec![Period { number: 1, name: "课后第一节".to_owned(), from_minute: 990, until_minute: 1035 }],
    }
}

fn student(number: usize) -> Student {
    Student {
        pupil: Pupil {
            id: id(&letters('S', number)),
            school: id(SCHOOL),
            homeroom: HomeroomId::new(&id(SCHOOL), 2024, 1),
            grade: 3,
            sex: Sex::Unstated,
            waivers: Vec::new(),
            guardians: vec![id(&letters('G', number / 2))],
            graduated: None,
        },
        name: Pii::new(format!("学生{number}")),
        number: Pii::new(format!("L4420002017010{number:05}")),
    }
}

fn guardian(number: usize, students: &[Student]) -> Guardian {
    let guardian: GuardianId = id(&letters('G', number));
    let children = students.iter().filter(|student| student.pupil.guardians.contains(&guardian));
    Guardian {
        name: Pii::new(format!("家长{number}")),
        phone: Pii::new(format!("1990000{number:04}")),
        children: children.map(|student| student.pupil.id.clone()).collect(),
        id: guardian,
    }
}
