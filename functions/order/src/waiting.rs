//! Orders that wait to be paid (待缴订单): which of a school's are meant, and changing each of them by itself.

use domain::access::{Granted, may};
use domain::audit::Actor;
use domain::directory::Grade;
use domain::fault::Pointed;
use domain::id::{OrderNo, SchoolCode, TermCode};
use domain::record::{Order, OrderState, TermRecord};
use domain::register::Filter;
use domain::{Fault, Kind};
use edge::caller::AccessError;
use edge::http::{RequestError, parse};
use edge::{App, Caller, Problem};
use serde::Serialize;
use store::register::{RowCursor, Stretch};
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

/// Orders one request changes at most, or rows it looks through.
const MOST: usize = 100;

/// How often an order is decided anew because its record was changed meanwhile.
const DECISIONS: usize = 3;

/// What is done to an order, under its name in the audit. True when it changes the order.
pub(crate) struct Change<'a, E> {
    pub(crate) action: &'static str,
    pub(crate) decide: &'a (dyn Fn(&mut Order) -> Result<bool, E> + Sync),
}

/// Why an order was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError<E: Fault> {
    #[error(transparent)]
    Refused(E),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<E: Fault> Fault for ChangeError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.slug(),
            Self::Store(error) => error.slug(),
        }
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::Refused(error) => error.pointed(),
            Self::Store(error) => error.pointed(),
        }
    }
}

impl<E: Fault> Change<'_, E> {
    /// Decides and writes.
    pub(crate) async fn make(
        &self,
        app: &App,
        actor: Actor,
        record: &mut Versioned<TermRecord>,
        no: &OrderNo,
    ) -> Result<(), ChangeError<E>> {
        let Some(order) = record.value.order_mut(no) else { return Ok(()) };
        if (self.decide)(order).map_err(ChangeError::Refused)? {
            let mut commit = Commit::new(actor, self.action, app.now());
            commit.save_record(record)?;
            app.store().commit(commit).await?;
        }
        Ok(())
    }

    /// Changes many orders of a school, each by itself: those that were changed, and those that were not.
    pub(crate) async fn make_many(
        &self,
        app: &App,
        caller: &Caller,
        of: (&Granted<may::ManageOrders>, &SchoolCode),
        orders: Vec<OrderNo>,
    ) -> Result<(Vec<String>, Vec<OrderUnchanged>), StoreError> {
        let (mut changed, mut unchanged) = (Vec::new(), Vec::new());
        for no in orders {
            match self.make_one(app, caller, of, &no).await? {
                None => changed.push(no.to_string()),
                Some((problem, detail)) => unchanged.push(OrderUnchanged { order_no: no.to_string(), problem, detail }),
            }
        }
        Ok((changed, unchanged))
    }

    /// None when it is done; else the problem.
    async fn make_one(
        &self,
        app: &App,
        caller: &Caller,
        (granted, school): (&Granted<may::ManageOrders>, &SchoolCode),
        no: &OrderNo,
    ) -> Result<Option<(String, String)>, StoreError> {
        let told = |fault: &dyn Fault| Some((fault.slug().to_owned(), fault.to_string()));
        for _ in 0..DECISIONS {
            let found = app.store().record(&no.student(), &no.term()).await?.and_then(|found| found.within(granted));
            let found = found.filter(|found| found.value.school == *school && found.value.order(no).is_some());
            let Some(mut record) = found else { return Ok(told(&AccessError::NotFound)) };
            match self.make(app, caller.actor(granted), &mut record, no).await {
                Ok(()) => return Ok(None),
                Err(ChangeError::Refused(error)) => return Ok(told(&error)),
                Err(ChangeError::Store(StoreError::Stale)) => {}
                Err(ChangeError::Store(error)) => return Err(error),
            }
        }
        Ok(told(&StoreError::Stale))
    }
}

/// An order that was not changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderUnchanged {
    /// Its number.
    pub order_no: String,
    /// The problem.
    #[schema(example = "extension/not-waiting")]
    pub problem: String,
    /// Why, for people.
    pub detail: String,
}

/// Which orders of a school: those that are named, at most 100; without them those that wait in a term, as far as the
/// register knows.
pub(crate) struct Which<'a> {
    pub(crate) orders: &'a [String],
    pub(crate) term: Option<&'a str>,
    pub(crate) course: Option<&'a str>,
    pub(crate) homeroom: Option<&'a str>,
    pub(crate) grade: Option<Grade>,
    pub(crate) cursor: Option<&'a str>,
}

/// A school whose orders the caller may manage.
pub(crate) async fn reach(
    app: &App,
    caller: &Caller,
    school: &str,
) -> Result<(Granted<may::ManageOrders>, SchoolCode), Problem> {
    let granted = caller.ask::<may::ManageOrders>(app).await?;
    let school: SchoolCode = parse("school", school)?;
    if granted.covers_school(&school) { Ok((granted, school)) } else { Err(AccessError::NotFound.into()) }
}

impl Which<'_> {
    /// The orders that are named, or some of those that wait and behind which row the next are.
    pub(crate) async fn find(
        &self,
        app: &App,
        (granted, school): (&Granted<may::ManageOrders>, &SchoolCode),
    ) -> Result<(Vec<OrderNo>, Option<RowCursor>), Problem> {
        let field = |pointer: &str, reason: &str| RequestError::FieldUnusable {
            pointer: pointer.to_owned(),
            reason: reason.to_owned(),
        };
        if !self.orders.is_empty() {
            if self.orders.len() > MOST {
                return Err(field("/orders", "一次最多 100 个订单").into());
            }
            let read = |text: &String| text.parse().map_err(|_unreadable| field("/orders", "订单号不正确"));
            return Ok((self.orders.iter().map(read).collect::<Result<_, _>>()?, None));
        }
        let term = self.term.ok_or_else(|| field("/term", "请填写学期,或列出订单号"))?;
        let term: TermCode = term.parse().map_err(|_unreadable| field("/term", "学期不正确"))?;
        let filter = Filter {
            state: Some(OrderState::Pending),
            course: read("/course", self.course)?,
            homeroom: read("/homeroom", self.homeroom)?,
            grade: self.grade,
            ..Filter::default()
        };
        let after: Option<RowCursor> = read("/cursor", self.cursor)?;
        let stretch = Stretch { school, term: &term, placed: None };
        let page = app.store().rows(stretch, after.as_ref(), i32::try_from(MOST).unwrap_or(i32::MAX)).await?;
        let within = page.rows.into_iter().filter_map(|row| row.within(granted)).map(|row| row.value);
        Ok((within.filter(|row| filter.takes(row)).map(|row| row.no).collect(), page.next))
    }
}

fn read<T: std::str::FromStr>(pointer: &str, text: Option<&str>) -> Result<Option<T>, RequestError> {
    let unusable = || RequestError::FieldUnusable { pointer: pointer.to_owned(), reason: "取值不正确".to_owned() };
    text.map(|text| text.parse().map_err(|_unreadable| unusable())).transpose()
}
