//! payment-callback
fn main() {}
