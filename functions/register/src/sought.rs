//! Which orders are sought: the same question for the list, the file and the statistics. S32.1.

use domain::Moment;
use domain::access::Granted;
use domain::id::{SchoolCode, TermCode};
use domain::register::{Filter, Row};
use domain::time::Span;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{RequestError, parse};
use edge::{App, Problem};
use store::register::{RowCursor, Stretch};

/// Rows read at once.
const PAGE: i32 = 100;

/// Pages one request of the list reads at most: one that finds little says so soon, and goes on from there.
const PAGES: usize = 10;

/// Declares the parameters of an operation: what orders are sought by, and what is its own.
macro_rules! sought {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            $($own)*
            /// `pending`, `closing`, `paid`, `expired` or `cancelled`.
            #[param(example = "paid")]
            pub state: Option<String>,
            /// The first moment of placing, RFC 3339.
            #[param(example = "2026-09-01T00:00:00+08:00")]
            pub from: Option<String>,
            /// The moment before which the last was placed.
            #[param(example = "2026-10-01T00:00:00+08:00")]
            pub until: Option<String>,
            /// One of the courses.
            #[param(example = "K012")]
            pub course: Option<String>,
            /// The pupil's homeroom when it was placed.
            #[param(example = "3144200101.2024.01")]
            pub homeroom: Option<String>,
            /// The pupil's grade when it was placed.
            #[param(example = 3)]
            pub grade: Option<domain::directory::Grade>,
            /// The pupil.
            #[param(example = "7K3M9Q2XAB")]
            pub student_id: Option<String>,
            /// Who submitted it.
            #[param(example = "4M8R2W6YTC")]
            pub guardian_id: Option<String>,
            /// The provider by which it was paid: `wechat`.
            #[param(example = "wechat")]
            pub channel: Option<String>,
            /// The checkout by which it was paid: `jsapi`, `mini_program`, `native` or `h5`.
            #[param(example = "native")]
            pub method: Option<String>,
        }

        impl $name {
            /// What is asked for, read.
            fn filter(&self) -> Result<domain::register::Filter, edge::http::RequestError> {
                use $crate::sought::optional;
                Ok(domain::register::Filter {
                    state: optional("state", self.state.as_deref())?,
                    placed: $crate::sought::span(self.from.as_deref(), self.until.as_deref())?,
                    course: optional("course", self.course.as_deref())?,
                    homeroom: optional("homeroom", self.homeroom.as_deref())?,
                    grade: self.grade,
                    student: optional("student_id", self.student_id.as_deref())?,
                    guardian: optional("guardian_id", self.guardian_id.as_deref())?,
                    channel: optional("channel", self.channel.as_deref())?,
                    method: optional("method", self.method.as_deref())?,
                })
            }
        }
    };
}
pub(crate) use sought;

/// A parameter that may be left out.
pub(crate) fn optional<T: std::str::FromStr>(
    name: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, RequestError> {
    text.map(|text| parse(name, text)).transpose()
}

/// The time within which orders were placed; open where an end is left out.
pub(crate) fn span(from: Option<&str>, until: Option<&str>) -> Result<Option<Span>, RequestError> {
    let read = |name: &'static str, text: &str| {
        // A plus sign in a query stands for a space.
        Moment::parse(&text.replace(' ', "+")).ok_or(RequestError::ParameterUnusable { name })
    };
    let from = from.map(|text| read("from", text)).transpose()?;
    let until = until.map(|text| read("until", text)).transpose()?;
    let whole = from.is_none() && until.is_none();
    let span = Span {
        from: from.unwrap_or(Moment::from_seconds(0)),
        until: until.unwrap_or(Moment::from_seconds(u32::MAX.into())),
    };
    Ok((!whole).then_some(span))
}

/// The school, if the caller reaches all that is in it.
pub(crate) fn school<P>(granted: &Granted<P>, text: &str) -> Result<SchoolCode, Problem> {
    let school: SchoolCode = parse("school", text)?;
    if granted.covers_school(&school) { Ok(school) } else { Err(AccessError::NotFound.into()) }
}

/// A register that is looked through.
pub(crate) struct Register<'a, P> {
    pub(crate) app: &'a App,
    pub(crate) granted: &'a Granted<P>,
    pub(crate) school: &'a SchoolCode,
    pub(crate) term: &'a TermCode,
    pub(crate) filter: &'a Filter,
}

impl<P> Register<'_, P> {
    /// Some of the rows that are sought, the newest first, and behind which the next are.
    pub(crate) async fn page(&self, after: Option<RowCursor>) -> Outcome<(Vec<Row>, Option<RowCursor>)> {
        let (mut found, mut next) = (Vec::new(), after);
        for _ in 0..PAGES {
            next = self.read(next.as_ref(), PAGE, |row| found.push(row)).await?;
            if next.is_none() || found.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX) {
                break;
            }
        }
        Ok((found, next))
    }

    /// All rows that are sought, one by one; stops early when `take` wants no more.
    pub(crate) async fn each(&self, mut take: impl FnMut(Row) -> Result<bool, Problem>) -> Outcome<()> {
        let mut next = None;
        loop {
            let mut found = Vec::new();
            next = self.read(next.as_ref(), PAGE.saturating_mul(10), |row| found.push(row)).await?;
            for row in found {
                if !take(row)? {
                    return Ok(());
                }
            }
            if next.is_none() {
                return Ok(());
            }
        }
    }

    async fn read(
        &self,
        after: Option<&RowCursor>,
        limit: i32,
        mut take: impl FnMut(Row),
    ) -> Outcome<Option<RowCursor>> {
        let stretch = Stretch { school: self.school, term: self.term, placed: self.filter.placed };
        let page = self.app.store().rows(stretch, after, limit).await?;
        let within = page.rows.into_iter().filter_map(|row| row.within(self.granted)).map(|row| row.value);
        within.filter(|row| self.filter.takes(row)).for_each(&mut take);
        Ok(page.next)
    }
}
