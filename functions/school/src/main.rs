//! school
fn main() {}
