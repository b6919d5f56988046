//! Teaching (教学): classes, their lessons, who is there, and what of it can no longer change. S10 S17 S20–S23 S25–S28.
//!
//! A [`class::TeachingClass`] names its teachers, its pupils with the days from and until which they belong to it, and
//! its [`lesson::Lesson`]s, each with a number that stays when the lesson is moved. Whatever becomes of a lesson lies
//! in its [`roll::Roll`]: who checked in, who was away, by whose word. The [`timetable::Timetable`] of a school's term
//! puts changes of lessons in an order, and says what is locked.

pub mod arrange;
pub mod bell;
pub mod call;
pub mod change;
pub mod check_in;
pub mod clash;
pub mod class;
pub mod closing;
pub mod correction;
pub mod counted;
pub mod feed;
#[cfg(test)]
pub(crate) mod fixture;
pub mod grouped;
pub mod hours;
pub mod leave;
pub mod lesson;
pub mod membership;
pub mod parked;
pub mod request;
pub mod roll;
pub mod rules;
pub mod sealing;
pub mod sheet;
pub mod shown;
pub mod telling;
pub mod timetable;
