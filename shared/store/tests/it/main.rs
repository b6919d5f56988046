//! The tables' writers over the emulated tables: each condition fails when it should. Promises P1 P5 P7 P8.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

mod alert;
mod board;
mod commit;
mod intake;
mod leave;
mod moves;
mod personal;
mod reply;
mod roll;
mod seat;
mod supervision;
mod task;
mod teaching;
mod telling;

use domain::audit::Actor;
use domain::id::{OfferingId, OrderNo, PaymentNo, StudentId, TermCode};
use domain::payment::{Channel, PayMethod, Payment, PaymentState};
use domain::record::{Line, Order, TermRecord};
use domain::seat::{Seat, Stamp};
use domain::{Moment, Money};
use store::seat::{Claim, Ledger};
use store::{Commit, Store, Versioned};
use testkit::orders::{line, ordered};
use testkit::town::{MERCHANT, SCHOOL, TERM, id};
use testkit::{World, plain};

/// Tables with nothing in them.
fn tables(world: &World) -> Store {
    world.create_tables("t");
    another(world)
}

/// The same tables, seen from another environment.
fn another(world: &World) -> Store {
    Store::new(world.dynamodb(), "t", world.personal_keys())
}

fn now(world: &World) -> Moment {
    world.now().into()
}

fn offering() -> OfferingId {
    id("3144200101.2026-2027-1.K1")
}

fn pupil(number: usize) -> StudentId {
    id(&format!("S{number:09}"))
}

fn order_no() -> OrderNo {
    OrderNo::new(&id::<TermCode>(TERM), &pupil(0), 1)
}

/// A stamp of a quarter of an hour; `which` tells it from others.
fn stamp(world: &World, which: u64) -> Stamp {
    Stamp::claim(now(world).plus_minutes(15), which)
}

async fn ledger(store: &Store, index: u8) -> Ledger {
    store.ledger(&offering(), index, true).await.expect("read").expect("a ledger")
}

/// Claims a seat that is free.
async fn take(store: &Store, capacity: u16, pupil: &StudentId, stamp: Stamp) -> Seat {
    match store.claim(&offering(), capacity, pupil, stamp).await.expect("claimed") {
        Claim::Won { seat, fresh: true } => seat,
        other @ (Claim::Won { .. } | Claim::Full) => panic!("{other:?}"),
    }
}

fn change(world: &World) -> Commit {
    Commit::new(Actor::system("test"), "test.change", now(world))
}

/// A record with one order that holds this seat.
fn record(world: &World, seat: Seat) -> TermRecord {
    let lines = vec![Line { seat, ..line("K1") }];
    let (mut record, order) = ordered("S000000000", lines, now(world));
    record.orders.push(Order { attempt_open: true, ..order });
    record
}

fn payment(world: &World) -> Payment {
    Payment {
        no: PaymentNo::new(&order_no(), 1),
        school: id(SCHOOL),
        channel: Channel::Wechat,
        method: PayMethod::Native,
        sub_merchant: MERCHANT.to_owned(),
        payer: None,
        payer_ip: None,
        amount: Money::from_fen(40_000),
        state: PaymentState::Sent,
        sent_at: now(world),
        expires_at: now(world).plus_minutes(14),
        queries: 0,
        queried_at: None,
        paid: None,
        refund_reserved: Money::ZERO,
        frozen: std::collections::BTreeSet::new(),
        refunds: 0,
    }
}

/// A seat that no ledger knows.
fn any_seat(world: &World) -> Seat {
    Seat { ledger: 0, stamp: stamp(world, 1) }
}

/// How many items each table has, and what is in them, to be compared.
fn everything(world: &World) -> Vec<serde_json::Value> {
    testkit::TABLES
        .iter()
        .flat_map(|table| world.scan(&testkit::table_name("t", table.name)))
        .map(|item| plain(&item))
        .collect()
}

async fn written<T>(store: &Store, commit: Commit, value: T) -> Versioned<T> {
    store.commit(commit).await.expect("written");
    Versioned { ver: 1, ..Versioned::absent(value) }
}
