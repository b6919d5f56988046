//! Classes as they are read.

mod class;
mod part;

pub use class::{ClassDetail, ClassView, ClosedView};
pub use part::{ClassLesson, ClassMember, ClassStandIn};
