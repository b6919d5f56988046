//! enrollment
fn main() {}
