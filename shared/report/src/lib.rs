//! Report (数据上报): a thing as the city is told of it, read from the tables as it is now; and the sending of what
//! differs from what the city has. It joins the rules of `domain`, the tables and the supervision system; functions call
//! it. B6 K7.1, promise P7.

mod build;
mod send;

pub use build::{Built, build};
pub use send::{Looked, ReportError, Reporter};
