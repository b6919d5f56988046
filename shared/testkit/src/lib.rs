//! The simulated world of the tests: real handlers and the real AWS SDK over an emulated cloud.
//!
//! [`simulate`] runs a scenario on a paused clock with one seed. Everything the code under test
//! sends to the outside — tables, queues, objects, secrets, keys, payment providers — passes one HTTP
//! client, [`World::http_client`], which answers from memory and injects the faults of a
//! [`Faults`] plan. The same seed gives the same schedule, told by [`World::hash`].
//!
//! ```
//! use testkit::{Faults, Outcome, simulate};
//!
//! let hash = simulate(7, async |world| {
//!     world.create_tables("demo");
//!     world.set_faults(Faults::swarm(7));
//!     let sqs = world.sqs();
//!     let send = sqs.send_message().queue_url("https://sqs/1/demo").message_body("{}").send();
//!     match world.run(send).await {
//!         Outcome::Done(answer) => drop(answer),
//!         Outcome::Crashed => {}
//!     }
//!     world.hash()
//! });
//! assert_ne!(hash, 0);
//! ```

#![expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test that meets the unexpected should stop at once and say where"
)]

mod capacity;
pub mod class;
mod connector;
mod database;
mod fault;
mod invocation;
mod kms;
pub mod lessons;
mod object;
pub mod orders;
mod queue;
mod replica;
pub mod sample;
mod secret;
mod signing;
pub mod stage;
mod table;
pub mod town;
mod trace;
mod world;

pub use capacity::{Capacity, Counts, TableUse};
pub use connector::{Defect, Outside};
pub use database::{Item, plain};
pub use fault::{Fault, Faults, Script};
pub use invocation::Outcome;
pub use object::Object;
pub use queue::{Message, event};
pub use table::{Attribute, BY_DUE, Index, KEY, Key, KeyType, TABLES, Table, table_name};
pub use trace::Sent;
pub use world::{START, World, simulate, simulate_from};
