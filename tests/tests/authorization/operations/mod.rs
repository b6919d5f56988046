//! Every operation that wants a session, and how it is asked for.

use std::pin::Pin;

use testkit::stage::{Answered, Who};

use crate::place::Place;

pub(crate) type Asked<'a> = Pin<Box<dyn Future<Output = Answered> + 'a>>;

/// An operation, and how it is asked for what belongs to the school and the pupil above.
pub(crate) struct Operation {
    pub(crate) id: &'static str,
    pub(crate) ask: for<'a> fn(&'a Place, &'a Who) -> Asked<'a>,
}

macro_rules! operation {
    ($id:literal, |$place:ident, $who:ident| $asked:expr) => {
        Operation { id: $id, ask: |$place, $who| Box::pin(async move { $asked }) }
    };
}

mod attendance;
mod directory;
mod exchange;
mod leave;
mod lesson_hours;
mod orders;
mod people;
mod privacy;
mod reconciliation;
mod refunds;
mod school;
mod settlement;
mod supervision;
mod teaching_class;
mod timetable;

/// What needs no session: proved by something else, or nobody's.
pub(crate) const PUBLIC: [&str; 20] = [
    "alipay_callback",
    "answer_second_factor",
    "begin_province_sign_in",
    "change_password",
    "chinaums_callback",
    "confirm_second_factor",
    "docs",
    "end_session",
    "finish_province_sign_in",
    "health",
    "openapi",
    "problems",
    "receive_told",
    "refresh_session",
    "serve_calendar_feed",
    "set_up_second_factor",
    "sign_in_by_password",
    "verify_receipt",
    "verify_refund_receipt",
    "wechat_callback",
];

/// Every operation that wants a session.
pub(crate) fn operations() -> Vec<Operation> {
    let mut all = directory::of_users();
    all.extend(directory::of_roles());
    all.extend(school::of_organizations());
    all.extend(privacy::of_keys());
    all.extend(privacy::of_reveals());
    all.extend(privacy::of_privacy());
    all.extend(people::of_people());
    all.extend(school::of_school());
    all.extend(orders::of_catalog());
    all.extend(orders::of_orders());
    all.extend(orders::of_registers());
    all.extend(refunds::of_requests());
    all.extend(refunds::of_refunds());
    all.extend(refunds::of_rules());
    all.extend(reconciliation::of_reconciliation());
    all.extend(settlement::of_settlement());
    all.extend(supervision::of_supervision());
    all.extend(supervision::of_intake());
    all.extend(attendance::of_attendance());
    all.extend(exchange::of_moves());
    all.extend(leave::of_leave());
    all.extend(lesson_hours::of_lesson_hours());
    all.extend(leave::of_corrections());
    all.extend(teaching_class::of_classes());
    all.extend(timetable::of_timetables());
    all.extend(timetable::of_changes());
    all
}
