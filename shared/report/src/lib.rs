//! Report (数据上报): a thing as the city is told of it, read from the tables as it is now; the sending of what
//! differs from what the city has; and the comparison of all of a school's records with the city's. It joins the rules of `domain`, the tables and the supervision system; functions call
//! it. B6 K7.1 K7.2, promise P7.

mod agree;
mod build;
mod recall;
mod send;
mod shelf;
mod things;

pub use agree::AgreeError;
pub use build::{Built, build};
pub use send::{Looked, ReportError, Reporter};
pub use things::{Choice, things};
