//! The simulated world, tried through the real SDK.

#![expect(
    clippy::disallowed_methods,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "a test stops at the unexpected and prints its figures"
)]

mod capacity;
mod faults;
mod queues;
mod schedule;
mod services;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use testkit::Item;

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn key(partition: &str, sort: &str) -> Item {
    HashMap::from([("pk".to_owned(), s(partition)), ("sk".to_owned(), s(sort))])
}

fn item<const N: usize>(partition: &str, sort: &str, more: [(&str, AttributeValue); N]) -> Item {
    let mut item = key(partition, sort);
    item.extend(more.map(|(name, value)| (name.to_owned(), value)));
    item
}
