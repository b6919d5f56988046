//! Student-term records (学生学期记录) in their table.

use domain::Moment;
use domain::access::Guarded;
use domain::id::{StudentId, TermCode};
use domain::record::{Line, Order, TermRecord};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

impl Store {
    /// A pupil's term; none when nothing was taken in it yet.
    pub async fn record(
        &self,
        student: &StudentId,
        term: &TermCode,
    ) -> Result<Option<Guarded<Versioned<TermRecord>>>, StoreError> {
        self.guarded("record", &key::record(student, term)).await
    }

    /// All terms of a pupil.
    pub async fn records(&self, student: &StudentId) -> Result<Vec<Guarded<Versioned<TermRecord>>>, StoreError> {
        let found = self.all("record", (Table::Enrollments, &format!("STUDENT#{student}"), "TERM#")).await?;
        Ok(found.into_iter().map(Guarded::new).collect())
    }

    /// The pupils' terms the sweeper must look at.
    pub async fn due_records(&self, now: Moment, limit: i32) -> Result<Vec<(StudentId, TermCode)>, StoreError> {
        let keys = self.due(Table::Enrollments, now, limit).await?;
        let parse = |key: &key::Key| {
            let student = key.pk.strip_prefix("STUDENT#")?.parse().ok()?;
            Some((student, key.sk.strip_prefix("TERM#")?.parse().ok()?))
        };
        Ok(keys.iter().filter_map(parse).collect())
    }
}

impl Commit {
    /// Writes the next version of a pupil's term, with its audit entry and those it has carried with it.
    pub fn save_record(&mut self, record: &Versioned<TermRecord>) -> Result<(), StoreError> {
        let mut next = record.clone();
        let key = key::record(&next.value.student, &next.value.term);
        self.drain(&key, std::mem::take(&mut next.value.trail));
        self.put("record", key, &next, next.value.due())
    }

    /// Writes the next version of a pupil's term, which carries its audit entry itself: one write instead of five, for
    /// the path of the rush. Whoever writes the record next drains what it carries.
    pub fn carry_record(&mut self, record: &Versioned<TermRecord>) -> Result<(), StoreError> {
        let mut next = record.clone();
        let key = key::record(&next.value.student, &next.value.term);
        // Of the content without its trail, which is no part of it.
        let image = self.image("record", &key, &next, None)?;
        next.value.trail.push(self.trace(record.ver.saturating_add(1), &image));
        self.put_untraced("record", key, &next, next.value.due())
    }

    /// Lets the change rest on a pupil's term as it was read, without writing it.
    pub fn rest_on_record(&mut self, record: &Versioned<TermRecord>) {
        self.rest_on(key::record(&record.value.student, &record.value.term), record.ver);
    }

    /// Confirms the seats of an order in this transaction, on the condition that all of its claims still stand.
    pub fn confirm_seats(&mut self, record: &TermRecord, order: &Order) {
        for line in &order.lines {
            let key = key::ledger(&record.offering_of(line), line.seat.ledger);
            self.confirm_seat(key, record.student.as_str(), line.seat.stamp.number());
        }
    }

    /// Gives the seat of a line back in this transaction.
    pub fn free_seat_of(&mut self, record: &TermRecord, line: &Line) {
        let key = key::ledger(&record.offering_of(line), line.seat.ledger);
        self.free_seat(key, record.student.as_str(), line.seat.stamp.number());
    }
}
