//! What a batch is drawn up from: the term with its courses, calendar and classes, the paid orders of the register with
//! their records, rolls and imported attendance where they are wanted, and what settled batches hold.
//!
//! For a term of 9,000 orders that is some seven pages of the register, one call for 100 records, one for each class and
//! one for each pupil whose attendance is wanted; each settled batch of the same months is one page more. On which days
//! lessons lie is told by the classes whether attendance is wanted or not.

use std::collections::{BTreeMap, BTreeSet};

use cashier::{Plan, TermLessons};
use domain::access::{Granted, may};
use domain::attendance::Known;
use domain::catalog::{Offering, Term};
use domain::id::{BatchId, CourseCode, StudentId};
use domain::record::{Line, Order, OrderState, TermRecord};
use domain::settlement::batch::BatchError;
use domain::settlement::docket::{Cover, Docket};
use domain::settlement::draw::{Facts, Sale, Taught, draw};
use domain::settlement::line::BatchLine;
use domain::settlement::rules::SettlementRules;
use domain::teaching::class::TeachingClass;
use edge::app::Outcome;
use edge::{App, Problem};
use futures::future::try_join_all;
use store::register::Stretch;

/// Rows of the register read at once.
const ROWS: i32 = 1_000;

/// The courses of a plan.
fn courses(plan: &Plan) -> BTreeMap<CourseCode, Taught> {
    let taught = |offering: &Offering| {
        let course = offering.id.course();
        let planned = plan.days(&course).to_vec();
        (course, Taught::of(offering, planned))
    };
    plan.offerings().iter().map(taught).collect()
}

/// All of it.
pub(crate) struct Ground {
    term: Term,
    courses: BTreeMap<CourseCode, Taught>,
    records: Vec<TermRecord>,
    lessons: TermLessons,
    attendance: bool,
    settled: Vec<BatchLine>,
}

impl Ground {
    /// What a batch that covers this is drawn up from.
    pub(crate) async fn of(
        app: &App,
        granted: &Granted<may::PrepareSettlement>,
        term: Term,
        (docket, cover): (&Docket, &Cover),
        attendance: bool,
    ) -> Outcome<Self> {
        let mut lessons = TermLessons::of(app.store(), &term).await?;
        let courses = courses(lessons.plan());
        let settled = settled(app, granted, docket, cover).await?;
        let was_settled = |course: &CourseCode| settled.iter().any(|line| line.course == *course);
        let unknown = |course: &&CourseCode| !courses.contains_key(*course) && !was_settled(course);
        if let Some(course) = cover.courses.iter().find(unknown) {
            return Err(BatchError::UnknownCourse { course: course.clone() }.into());
        }
        let pupils = paid_pupils(app, granted, &term, cover).await?;
        let places = pupils.into_iter().map(|pupil| (pupil, term.code.clone()));
        let records = app.store().records_in(places).await?;
        let records: Vec<TermRecord> =
            records.into_iter().filter_map(|found| found.within(granted)).map(|found| found.value).collect();
        // Which lessons went back is told by attendance, too.
        let wanted = records.iter().filter(|record| attendance || has_given_back(record));
        let wanted: BTreeSet<StudentId> = wanted.map(|record| record.student.clone()).collect();
        let has_wanted = |class: &TeachingClass| class.members.iter().any(|member| wanted.contains(&member.student));
        let covered = |class: &TeachingClass| cover.holds_course(&class.id.course());
        lessons.read_rolls(app.store(), |class| covered(class) && has_wanted(class)).await?;
        lessons.read_imported(app.store(), wanted.iter().cloned()).await?;
        Ok(Self { term, courses, records, lessons, attendance, settled })
    }

    /// The lines of the batch.
    pub(crate) fn draw(&self, cover: &Cover, rules: &SettlementRules) -> Result<Vec<BatchLine>, BatchError> {
        let paid = |order: &&Order| order.state == OrderState::Paid;
        let orders = self.records.iter().flat_map(|record| record.orders.iter().filter(paid));
        let lines = orders.flat_map(|order| order.lines.iter().map(move |line| (order, line)));
        let lines = lines.filter(|(_, line)| cover.holds_course(&line.course));
        let sold: Vec<(&Order, &Line, Known)> =
            lines.map(|(order, line)| (order, line, self.lessons.known(&order.no.student(), &line.course))).collect();
        let sales = sold.iter().map(|(order, line, known)| Sale { order: &order.no, line, known }).collect();
        let Self { courses, attendance, settled, .. } = self;
        let facts = Facts { sales, courses, ends_on: self.term.ends_on, attendance: *attendance, settled };
        draw(&facts, cover, rules)
    }
}

fn has_given_back(record: &TermRecord) -> bool {
    record.orders.iter().flat_map(|order| &order.lines).any(|line| line.given_back.lessons > 0)
}

/// The pupils who have paid for a course that is covered. What is paid stays so, whatever goes back of it.
async fn paid_pupils(
    app: &App,
    granted: &Granted<may::PrepareSettlement>,
    term: &Term,
    cover: &Cover,
) -> Outcome<BTreeSet<StudentId>> {
    let stretch = Stretch { school: &term.school, term: &term.code, placed: None };
    let (mut pupils, mut next) = (BTreeSet::new(), None);
    loop {
        let page = app.store().rows(stretch, next.as_ref(), ROWS).await?;
        let rows = page.rows.into_iter().filter_map(|row| row.within(granted)).map(|row| row.value);
        let paid = rows.filter(|row| row.state == OrderState::Paid);
        let covered = paid.filter(|row| row.lines.iter().any(|line| cover.holds_course(&line.course)));
        pupils.extend(covered.map(|row| row.student()));
        next = page.next;
        if next.is_none() {
            return Ok(pupils);
        }
    }
}

/// The lines of the settled batches that hold something of what is covered.
async fn settled(
    app: &App,
    granted: &Granted<may::PrepareSettlement>,
    docket: &Docket,
    cover: &Cover,
) -> Outcome<Vec<BatchLine>> {
    let one = |number: u16| async move {
        let id = BatchId::new(&docket.school, &docket.term, number);
        let found = app.store().settlement_batch(&id).await?.and_then(|found| found.within(granted));
        let batch = found.ok_or(BatchError::Altered)?.value;
        let lines = app.store().batch_lines(&batch).await?;
        batch.verify(&lines)?;
        Ok::<_, Problem>(lines)
    };
    let all = try_join_all(docket.holders(cover).into_iter().map(one)).await?;
    Ok(all.into_iter().flatten().filter(|line| cover.holds(line.month, &line.course)).collect())
}
