//! dataset
fn main() {}
