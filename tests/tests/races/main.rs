//! The races of money (资金竞态): whatever happens between a payer, a provider and us can happen in another order, twice,
//! late, or while we are down. Each race has its number, and is run on the real handlers over the emulated cloud, against
//! providers with real signatures; where its events have no order of their own, in every order they can take.
//!
//! Whatever a race is about, its scene ends with [`scene::Scene::sound`]: the books agree with the providers', fen by fen.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test that meets the unexpected should stop at once"
)]

mod bill;
mod callback;
mod order;
mod payment;
mod provider;
mod refund;
mod scene;
mod sound;

#[test]
fn p4_race_every_number_has_a_test() {
    let files = [
        include_str!("bill.rs"),
        include_str!("callback.rs"),
        include_str!("payment.rs"),
        include_str!("provider.rs"),
        include_str!("refund.rs"),
    ];
    for number in 1..=20 {
        let name = format!("fn p4_race_{number:02}_");
        assert!(files.iter().any(|file| file.contains(&name)), "no test is of race {number}");
    }
}
