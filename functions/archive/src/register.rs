//! Rows of the register (订单台账): what lists and statistics read of an order. S32 S33.2 S35.1.

use domain::access::Guarded;
use domain::record::{Order, TermRecord};
use domain::register::{Beside, Place, Row};
use edge::App;
use store::Versioned;

use crate::ArchiveError;

/// The rows of some orders of a record, as it says now. The place a row was first written with stays.
pub(crate) async fn rows(
    app: &App,
    record: &TermRecord,
    orders: &[Order],
) -> Result<Vec<Versioned<Row>>, ArchiveError> {
    let mut rows = Vec::with_capacity(orders.len());
    let mut present: Option<Option<Place>> = None;
    for order in orders {
        let before = app.store().row(&record.school, &order.no, order.placed_at).await?.map(Guarded::unguarded);
        let place = match (&before, &present) {
            (Some(row), _) => row.value.place.clone(),
            (None, Some(place)) => place.clone(),
            (None, None) => present.insert(place(app, record).await?).clone(),
        };
        let row = row(app, record, order, place.as_ref()).await?;
        rows.push(Versioned::next(before.as_ref(), row));
    }
    Ok(rows)
}

async fn row(app: &App, record: &TermRecord, order: &Order, place: Option<&Place>) -> Result<Row, ArchiveError> {
    let Some((no, _)) = &order.paid else {
        return Ok(Row::of(record, order, Beside { place, ..Beside::default() })?);
    };
    // The payment tells how, its refunds what went back: read after the record, so that they are at least as new.
    let payment = app.store().payment(no).await?.map(|found| found.unguarded().value);
    let refunds = app.store().refunds(no).await?.into_iter().map(|found| found.unguarded().value).collect::<Vec<_>>();
    Ok(Row::of(record, order, Beside { place, payment: payment.as_ref(), refunds: &refunds })?)
}

/// Where the pupil is now, a few minutes after the order.
async fn place(app: &App, record: &TermRecord) -> Result<Option<Place>, ArchiveError> {
    let pupil = app.store().pupil(&record.student).await?.map(|found| found.unguarded().value);
    Ok(pupil.map(|pupil| Place { homeroom: pupil.homeroom, grade: pupil.grade }))
}
