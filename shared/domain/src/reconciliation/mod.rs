//! Reconciliation (订单对账): what the provider says moved, held against our books, fact by fact. S35 S36.2.
//!
//! A [`bill`] streams past a [`book`]; [`matching`] says where they differ and [`difference`] what becomes of it: what
//! asking the provider again mends is healed, the rest waits for a person. A [`run`] is one bill of one day; a
//! [`statement`] is a school's day in sums, a [`trial`] the proof that they add up, and a [`remittance`] what of it reached the
//! school's bank.

pub mod bill;
pub mod book;
pub mod difference;
mod handful;
pub mod matching;
pub mod message;
pub mod remittance;
pub mod run;
pub mod statement;
pub mod trial;

#[cfg(test)]
mod tests;
