//! The tables (数据表): the only user of DynamoDB. Keys are built in [`key`], changes are written by [`commit`], seats
//! by [`seat`], counts of visits by [`visit`], uses of permissions by [`review`], the audit's own books by [`seal`].

pub mod account;
pub mod attendance;
pub mod audit;
pub mod board;
pub mod cache;
pub mod catalog;
pub mod claims;
pub mod commit;
pub mod consent;
pub mod directory;
pub mod envelope;
pub mod error;
pub mod import;
pub mod item;
pub mod key;
pub mod keyring;
pub mod money;
pub mod organization;
pub mod people;
mod personal;
pub mod privacy;
pub mod reconciliation;
pub mod record;
pub mod refund;
pub mod register;
pub mod reply;
pub mod reveal;
pub mod review;
pub mod role;
pub mod school;
pub mod seal;
pub mod search;
pub mod seat;
pub mod session;
pub mod shredding;
pub mod table;
pub mod task;
pub mod user;
pub mod visit;

pub use claims::{Claimed, Claims};
pub use commit::Commit;
pub use error::StoreError;
pub use item::Versioned;
pub use keyring::KeyService;
pub use table::Store;
