//! Laws of lessons: a school year as it is taught, and counts that agree with whoever counts again. S10 S22 S25 S26.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

mod counts;
mod naive;
mod place;
mod year;
