//! Settlement (结算): what of the money kept is due to whom, month by month, in batches that two people confirm. S36.
//!
//! [`split`] says what of a line belongs to which month, and [`draw`] holds that against what settled batches hold
//! already: the difference is what a new [`batch`] settles. So all batches together are the money kept, whatever went
//! back meanwhile. A [`docket`] says which batch settles what, so that nothing is settled twice, and nothing that is
//! settled is ever changed: it is taken back by a batch that mirrors it.

pub mod batch;
pub mod docket;
pub mod draw;
pub mod figures;
pub mod line;
mod month;
pub mod rules;
pub mod split;

pub use month::Month;

#[cfg(test)]
mod tests;
