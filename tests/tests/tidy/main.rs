//! The architecture as a test: what the documents say about the code, held against the code.
//!
//! Each module is one rule. A rule is a function from what was read to its complaints, and its first test shows it a
//! planted defect: a rule that cannot complain holds nothing.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "every function of this target is a test or serves one"
)]
#![expect(clippy::wildcard_enum_match_arm, reason = "syntax has more kinds than a rule looks at")]
#![expect(clippy::format_push_string, reason = "a page has a few hundred lines")]

mod acts;
mod clauses;
mod events;
mod house;
mod imports;
mod keys;
mod links;
mod problems;
mod reveals;
#[path = "../routers/mod.rs"]
mod routers;
mod routes;
mod tables;
mod template;
mod variables;
mod words;
