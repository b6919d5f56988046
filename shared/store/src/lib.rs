//! The tables (数据表): the only user of DynamoDB. Keys are built in [`key`], changes are written by [`commit`], by
//! [`seat`] for seats and by [`seal`] for the audit's own books.

pub mod audit;
pub mod board;
pub mod cache;
pub mod catalog;
pub mod claims;
pub mod commit;
pub mod directory;
pub mod error;
pub mod import;
pub mod item;
pub mod key;
pub mod money;
pub mod record;
pub mod reply;
pub mod seal;
pub mod search;
pub mod seat;
pub mod table;
pub mod task;

pub use claims::{Claimed, Claims};
pub use commit::Commit;
pub use error::StoreError;
pub use item::Versioned;
pub use table::Store;
