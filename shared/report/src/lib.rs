//! Report (数据上报): a thing as the city is told of it, read from the tables as it is now; the sending of what
//! differs from what the city has; the comparison of all of a school's records with the city's; and how what the city
//! tells takes effect here. It joins the rules of `domain`, the tables and the supervision system; functions call it.
//! B5.1 B6 K7.1 K7.2, promise P7.

mod agree;
mod build;
mod intake;
mod recall;
mod send;
mod shelf;
mod things;

pub use agree::AgreeError;
pub use build::{Built, build};
pub use intake::{DecideError, Followed, Receiver, Took};
pub use send::{Looked, ReportError, Reporter};
pub use things::{Choice, things};
