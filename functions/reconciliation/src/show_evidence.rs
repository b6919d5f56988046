//! What proves a money fact: the provider's message, and the row of its bill. S35.1.

use axum::extract::{Path, State};
use bill::{BillError, Spool, find};
use domain::access::{Granted, may};
use domain::id::SchoolCode;
use domain::journal::{Entry, FactKind};
use domain::payment::Message;
use domain::reconciliation::bill::RowKind;
use domain::reconciliation::run::BillRun;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem, Variable};
use jiff::civil::Date;

use crate::facts::{Facts, payment_of};
use crate::view::{EvidenceView, MessageView, RowView};

/// 查看资金凭据
///
/// The message is shown without what is personal or sealed in it. The row is read from the file that was kept, whose hash is
/// verified on the way.
#[utoipa::path(
    get, path = "/schools/{school}/statements/{day}/facts/{fact}/evidence", operation_id = "show_evidence", tag = "对账",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("day" = String, Path, description = "日期,如 2026-09-01"),
        ("fact" = String, Path, description = "资金记录,如 pay:wechat:4200000001202609010000000001"),
    ),
    responses(
        (status = 200, description = "通道通知与账单行", body = EvidenceView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_evidence(
    State(app): State<App>,
    caller: Caller,
    Path((school, day, fact)): Path<(String, String, String)>,
) -> Outcome<Answer<EvidenceView>> {
    let (granted, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let day: Date = parse("day", &day)?;
    let entries = Facts::journal(&app, &school, day).await?;
    let entry = entries.iter().find(|entry| entry.fact == fact).ok_or(AccessError::NotFound)?;
    let source = source_of(&app, &granted, entry).await?;
    let message = match &source.message {
        Some(message) => app.store().event(entry.channel, message).await?,
        None => None,
    };
    let row = match source.side {
        Some(side) => row_of(&app, &school, (entry, side), source.billed_on).await?,
        None => None,
    };
    Ok(Answer::ok(EvidenceView { fact, message: message.as_ref().map(MessageView::from), row }))
}

/// Where the evidence of a fact is looked for.
struct Source {
    message: Option<Message>,
    /// What the bill calls it; none: no bill has it.
    side: Option<RowKind>,
    /// The day whose bill most likely has it.
    billed_on: Date,
}

async fn source_of(app: &App, granted: &Granted<may::ViewMoney>, entry: &Entry) -> Outcome<Source> {
    let nowhere = Source { message: None, side: None, billed_on: entry.at.day() };
    match entry.kind() {
        Some(FactKind::Pay) => {
            let Some(no) = payment_of(entry) else { return Ok(nowhere) };
            let payment = app.store().payment(&no).await?.and_then(|found| found.within(granted));
            let message = payment.and_then(|payment| payment.value.paid).and_then(|paid| paid.message);
            Ok(Source { message, side: Some(RowKind::Payment), ..nowhere })
        }
        Some(FactKind::Refund) => {
            let Ok(no) = entry.number.parse() else { return Ok(nowhere) };
            let refund =
                app.store().refund(&no).await?.and_then(|found| found.within(granted)).map(|found| found.value);
            // A bill has a refund on the day on which the provider took it on.
            let taken = refund.as_ref().and_then(|refund| refund.accepted_at).unwrap_or(entry.at);
            let message = refund.and_then(|refund| refund.message);
            Ok(Source { message, side: Some(RowKind::Refund), billed_on: taken.day() })
        }
        Some(FactKind::Owe | FactKind::Hand) | None => Ok(nowhere),
    }
}

/// The row of a fact, from the bill of its day, else of the days beside it.
async fn row_of(
    app: &App,
    school: &SchoolCode,
    (entry, side): (&Entry, RowKind),
    day: Date,
) -> Outcome<Option<RowView>> {
    for day in [Some(day), day.tomorrow().ok(), day.yesterday().ok()].into_iter().flatten() {
        let bills = [(entry.channel, None, day), (entry.channel, Some(school.clone()), day)];
        for run in app.store().bill_runs(bills).await?.into_values() {
            let row = row_in(app, &run.value, side, &entry.number).await?;
            if row.is_some() {
                return Ok(row);
            }
        }
    }
    Ok(None)
}

async fn row_in(app: &App, run: &BillRun, side: RowKind, number: &str) -> Outcome<Option<RowView>> {
    let Some(file) = run.file.as_ref().filter(|file| file.bytes > 0) else { return Ok(None) };
    let mut spool = Spool::new().map_err(BillError::Broken)?;
    let bucket = app.variable(Variable::BillsBucket)?;
    if !app.objects().get_file(bucket, &file.place(run.channel, run.day), &mut spool).await? {
        return Ok(None);
    }
    if spool.sha256() != file.hash {
        return Err(BillError::OtherHash.into());
    }
    let found = find(run.channel, spool.reader().map_err(BillError::Broken)?, side, number)?;
    Ok(found.map(|row| RowView::of(row, run.day, &file.hash)))
}
