//! The register (订单台账) in its table: a row for each order of a school and term. S32 S35.1.

use std::collections::HashMap;

use domain::Moment;
use domain::access::Guarded;
use domain::directory::Student;
use domain::id::{OrderNo, SchoolCode, StudentId, TermCode};
use domain::register::Row;
use domain::time::Span;
use jiff::civil::Date;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::{Versioned, decode, text};
use crate::key::{self, Table};
use crate::table::Store;

/// Rows read at once.
const PAGE: i32 = 1000;

/// Which part of a register: of a school and term, what was placed within a time.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// The school.
    pub school: &'a SchoolCode,
    /// The term.
    pub term: &'a TermCode,
    /// Within which time; all of it without one.
    pub placed: Option<Span>,
}

impl Stretch<'_> {
    /// The first and the last sort key it may hold.
    fn ends(&self) -> (String, String) {
        match self.placed {
            Some(span) => {
                let last = span.until.seconds().saturating_sub(1).max(0);
                (format!("ORDER#{:010}", span.from.seconds().max(0)), format!("ORDER#{last:010}#~"))
            }
            None => ("ORDER#".to_owned(), "ORDER#~".to_owned()),
        }
    }
}

/// Where a page of a register ends: the row's moment and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCursor {
    /// When the order was placed.
    pub placed_at: Moment,
    /// Its number.
    pub no: OrderNo,
}

/// `1788192000.20261-7K3M9Q2XAB-01`.
impl std::fmt::Display for RowCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.placed_at.seconds(), self.no)
    }
}

impl std::str::FromStr for RowCursor {
    type Err = domain::id::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (seconds, no) = text.split_once('.').ok_or(domain::id::IdError)?;
        let seconds = seconds.parse::<u32>().map_err(|_no_number| domain::id::IdError)?;
        Ok(Self { placed_at: Moment::from_seconds(seconds.into()), no: no.parse()? })
    }
}

/// A page of a register.
#[derive(Debug)]
pub struct Rows {
    /// The rows, the newest first.
    pub rows: Vec<Guarded<Versioned<Row>>>,
    /// Behind which row the next page begins; none at the end.
    pub next: Option<RowCursor>,
}

impl Store {
    /// The row of an order.
    pub async fn row(
        &self,
        school: &SchoolCode,
        no: &OrderNo,
        placed_at: Moment,
    ) -> Result<Option<Guarded<Versioned<Row>>>, StoreError> {
        self.guarded("row", &key::row(school, &no.term(), placed_at, no)).await
    }

    /// A page of a register, the newest first.
    pub async fn rows(&self, stretch: Stretch<'_>, after: Option<&RowCursor>, limit: i32) -> Result<Rows, StoreError> {
        let (pk, (first, last)) = (key::rows(stretch.school, stretch.term), stretch.ends());
        let start = after.map(|cursor| {
            let key = key::row(stretch.school, stretch.term, cursor.placed_at, &cursor.no);
            HashMap::from([("pk".to_owned(), text(key.pk)), ("sk".to_owned(), text(key.sk))])
        });
        let answer = self
            .client()
            .query()
            .table_name(self.name(Table::Money))
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("Query", error))?;
        let more = answer.last_evaluated_key.is_some();
        let rows: Vec<Versioned<Row>> =
            answer.items.unwrap_or_default().into_iter().map(|item| decode("row", item)).collect::<Result<_, _>>()?;
        let cursor = |row: &Versioned<Row>| RowCursor { placed_at: row.value.placed_at, no: row.value.no.clone() };
        let next = rows.last().filter(|_| more).map(cursor);
        Ok(Rows { rows: rows.into_iter().map(Guarded::new).collect(), next })
    }

    /// Orders of a school that were placed on a day, in whatever term.
    pub async fn rows_placed_on(
        &self,
        school: &SchoolCode,
        day: Date,
    ) -> Result<Vec<Guarded<Versioned<Row>>>, StoreError> {
        let (mut rows, placed) = (Vec::new(), Some(Span::of(day)));
        for term in self.terms(school).await? {
            let stretch = Stretch { school, term: &term.value.code, placed };
            let mut after = None;
            loop {
                let page = self.rows(stretch, after.as_ref(), PAGE).await?;
                rows.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(rows)
    }

    /// Pupils by their identifiers, opened: needs their school's key.
    pub async fn open_students_of(&self, ids: Vec<StudentId>) -> Result<Vec<Guarded<Versioned<Student>>>, StoreError> {
        let found = self.open_students(ids).await?;
        Ok(found.into_iter().map(|student| Guarded::new(student.with(student.value.value.clone()))).collect())
    }
}

impl Commit {
    /// Writes the next version of a row: it repeats what the record says, and is nobody's act.
    pub fn save_row(&mut self, row: &Versioned<Row>) -> Result<(), StoreError> {
        let Row { school, placed_at, no, .. } = &row.value;
        self.put_untraced("row", key::row(school, &no.term(), *placed_at, no), row, None)
    }
}
