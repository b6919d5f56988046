//! The money facts of a day with what is known about each: order, pupil, way of paying.

use std::collections::{BTreeMap, HashMap};

use domain::Money;
use domain::access::{Granted, may};
use domain::directory::{Homeroom, Pupil};
use domain::id::{HomeroomId, OrderNo, PaymentNo, SchoolCode, StudentId};
use domain::journal::{Entry, FactKind};
use domain::payment::Payment;
use domain::reconciliation::statement::{Dimension, Fact, Flow, break_down, share_of};
use domain::record::{Order, TermRecord};
use domain::refund::Part;
use domain::register::Row;
use edge::App;
use edge::app::Outcome;
use jiff::civil::Date;

/// A day's facts.
pub(crate) struct Facts {
    pub(crate) entries: Vec<Entry>,
    records: Vec<TermRecord>,
    payments: HashMap<PaymentNo, Payment>,
    pupils: HashMap<StudentId, Pupil>,
    homerooms: HashMap<HomeroomId, Homeroom>,
    rows: HashMap<OrderNo, Row>,
    parts: HashMap<String, Vec<Part>>,
}

/// What a pupil is not in.
const NOWHERE: &str = "未知";

impl Facts {
    /// The journal of a day, in the order of time.
    pub(crate) async fn journal(app: &App, school: &SchoolCode, day: Date) -> Outcome<Vec<Entry>> {
        let mut entries = app.store().journal_of(school, day).await?;
        entries.sort_by(|one, other| (one.at, &one.fact).cmp(&(other.at, &other.fact)));
        Ok(entries)
    }

    /// The journal of a day with all that it can be broken down by.
    pub(crate) async fn of(
        app: &App,
        granted: &Granted<may::ViewMoney>,
        school: &SchoolCode,
        day: Date,
    ) -> Outcome<Self> {
        let store = app.store();
        let entries = Self::journal(app, school, day).await?;
        let orders: Vec<OrderNo> = entries.iter().map(|entry| entry.order.clone()).collect();
        let students: Vec<StudentId> = orders.iter().map(OrderNo::student).collect();
        let numbers: Vec<PaymentNo> = entries.iter().filter_map(payment_of).collect();
        let records = store.records_of(orders).await?;
        let payments = store.payments(numbers).await?;
        let payments = payments.into_iter().filter_map(|payment| payment.within(granted)).map(|found| found.value);
        let pupils = store.pupils(students).await?;
        let pupils = pupils.into_iter().filter_map(|pupil| pupil.within(granted)).map(|found| found.value);
        let mut parts = HashMap::new();
        for entry in entries.iter().filter(|entry| entry.kind() == Some(FactKind::Refund)) {
            let Ok(no) = entry.number.parse() else { continue };
            if let Some(refund) = store.refund(&no).await?.and_then(|found| found.within(granted)) {
                parts.insert(entry.number.clone(), refund.value.parts);
            }
        }
        let homerooms = store.homerooms(school).await?;
        let records: Vec<TermRecord> =
            records.into_iter().filter_map(|found| found.within(granted)).map(|found| found.value).collect();
        let placed = entries.iter().filter_map(|entry| {
            let order = records.iter().find_map(|record| record.order(&entry.order))?;
            Some((order.no.clone(), order.placed_at))
        });
        let rows = store.rows_of(school, placed).await?.into_iter().filter_map(|row| row.within(granted));
        Ok(Self {
            rows: rows.map(|row| (row.value.no.clone(), row.value)).collect(),
            records,
            payments: payments.map(|payment| (payment.no.clone(), payment)).collect(),
            pupils: pupils.map(|pupil| (pupil.id.clone(), pupil)).collect(),
            homerooms: homerooms.into_iter().map(|homeroom| (homeroom.id.clone(), homeroom)).collect(),
            parts,
            entries,
        })
    }

    /// The day by one dimension.
    pub(crate) fn by(&self, dimension: Dimension) -> BTreeMap<String, Flow> {
        let named: Vec<_> = self.entries.iter().map(|entry| (entry, self.names(entry))).collect();
        break_down(named.iter().map(|(entry, names)| self.fact(entry, names)), dimension)
    }

    /// The facts that have something of one value of a dimension, each with what of it is.
    pub(crate) fn of_value(&self, dimension: Dimension, name: &str) -> Vec<(&Entry, Money)> {
        let share = |entry| {
            let names = self.names(entry);
            share_of(&self.fact(entry, &names), dimension, name).map(|share| (entry, share))
        };
        self.entries.iter().filter_map(share).collect()
    }

    fn fact<'a>(&'a self, entry: &'a Entry, (method, grade, homeroom): &'a (String, String, String)) -> Fact<'a> {
        Fact {
            entry,
            order: self.order(&entry.order),
            method,
            grade,
            homeroom,
            parts: self.parts.get(&entry.number).map(Vec::as_slice).unwrap_or_default(),
        }
    }

    fn order(&self, no: &OrderNo) -> Option<&Order> {
        self.records.iter().find_map(|record| record.order(no))
    }

    /// Way of paying, grade and homeroom of a fact, as people say them.
    fn names(&self, entry: &Entry) -> (String, String, String) {
        let payment = payment_of(entry).and_then(|no| self.payments.get(&no));
        let method =
            payment.map_or_else(|| entry.channel.to_string(), |paid| format!("{} {}", paid.channel, paid.method));
        let (grade, homeroom) = self.place(&entry.order);
        (method, grade, homeroom)
    }

    /// Grade and homeroom of the pupil when the order was placed, as the register keeps them; until it has the order, as
    /// they are now.
    fn place(&self, order: &OrderNo) -> (String, String) {
        let then = self.rows.get(order).and_then(|row| row.place.as_ref()).map(|place| (&place.homeroom, place.grade));
        let now = || self.pupils.get(&order.student()).map(|pupil| (&pupil.homeroom, pupil.grade));
        let Some((id, grade)) = then.or_else(now) else { return (NOWHERE.to_owned(), NOWHERE.to_owned()) };
        // A homeroom is renamed when it moves up: of an earlier year it is named by what does not change.
        let same = self.homerooms.get(id).filter(|homeroom| homeroom.grade == grade);
        let name = same.map_or_else(|| format!("{grade}年级({})班", id.class()), |homeroom| homeroom.name.clone());
        (format!("{grade}年级"), name)
    }
}

/// The payment of a fact: itself, or the one a refund comes from.
pub(crate) fn payment_of(entry: &Entry) -> Option<PaymentNo> {
    let number = entry.number.rsplit_once("-R").map_or(entry.number.as_str(), |(payment, _)| payment);
    number.parse().ok()
}
