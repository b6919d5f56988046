//! The deterministic simulation (确定性模拟): guardians, provider, sweeper and archive act at once on the real handlers
//! over an emulated cloud in which calls fail, get lost and overlap. An independent model checks the promises.
//!
//! `SEEDS=n` sets how many schedules are played (`FROM=m` where to begin), `SEED=n` plays one and prints its log.

#![expect(
    clippy::as_conversions,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::similar_names,
    clippy::tests_outside_test_module,
    reason = "a test that meets the unexpected should stop at once; its figures are what it is run for"
)]

mod defect;
mod every_step;
mod model;
mod play;
mod rush;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use testkit::stage::{Stage, TownImage};
use testkit::town::Town;
use testkit::{Defect, simulate};

use play::{Play, Told};

/// A number from the environment.
pub(crate) fn number(name: &str, otherwise: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how the test is asked for more than its default")]
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The town the schedules are played in.
pub(crate) fn town() -> Arc<(Town, TownImage)> {
    listen();
    let mut town = Town::small(8);
    town.term.hold_minutes = 5;
    // A course may be given up while others are still enrolling.
    town.term.windows.withdraw = town.term.windows.opening;
    let image = Stage::image_of(&town);
    Arc::new((town, image))
}

/// Events are heard, or at least received: without any subscriber the SDK draws random numbers for spans nobody sees,
/// and a schedule would change with its log.
fn listen() {
    if number("SEED", 0) > 0 {
        edge::telemetry::start();
    } else if tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::new()).is_err() {
        tracing::debug!("events are received already");
    }
}

/// Plays one schedule, with a defect planted or without.
pub(crate) fn play(seed: u64, place: &(Town, TownImage), defect: Option<Defect>) -> Told {
    simulate(seed, async |world| Play::new(&world, &place.0, &place.1, defect).run().await)
}

/// Plays seeds on all cores until one breaks a promise; the figures of all that were played.
fn play_all(seeds: std::ops::Range<u64>, place: &(Town, TownImage), defect: Option<Defect>) -> Sum {
    let next = AtomicU64::new(seeds.start);
    let sum = Mutex::new(Sum::default());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let enough = seed >= seeds.end || sum.lock().expect("a sum").broken.is_some();
                    if enough {
                        return;
                    }
                    let told = play(seed, place, defect);
                    sum.lock().expect("a sum").add(seed, told);
                }
            });
        }
    });
    sum.into_inner().expect("a sum")
}

/// What many schedules came to.
#[derive(Debug, Default)]
struct Sum {
    schedules: u64,
    calls: u64,
    faults: u64,
    crashes: u64,
    enrolled: u64,
    refused: u64,
    paid: u64,
    returned: u64,
    refunded: u64,
    merged: u64,
    versions: u64,
    broken: Option<(u64, String)>,
}

impl Sum {
    fn add(&mut self, seed: u64, told: Told) {
        self.schedules += 1;
        self.calls += told.calls;
        self.faults += told.faults;
        self.crashes += told.crashes;
        self.enrolled += told.enrolled;
        self.refused += told.refused;
        self.paid += told.paid;
        self.returned += told.returned;
        self.refunded += told.refunded;
        self.merged += told.merged;
        self.versions += told.versions;
        for line in told.trace {
            println!("{line}");
        }
        if let (Err(broken), None) = (told.promises, &self.broken) {
            self.broken = Some((seed, broken));
        }
    }
}

#[test]
fn p1_p2_p4_p5_p6_p9_promises_hold_in_every_schedule() {
    let place = town();
    let seeds = match number("SEED", 0) {
        0 => number("FROM", 1)..number("SEEDS", 200) + 1,
        one => one..one + 1,
    };
    let sum = play_all(seeds, &place, None);
    println!(
        "simulation: {} schedules, {} calls, {} faults, {} crashes; {} enrolled, {} refused, {} paid, {} returned, {} \
         withdrawn and refunded, {} merged",
        sum.schedules,
        sum.calls,
        sum.faults,
        sum.crashes,
        sum.enrolled,
        sum.refused,
        sum.paid,
        sum.returned,
        sum.refunded,
        sum.merged
    );
    println!("simulation: {0} audit entries for {0} versions, each in one segment of a verified chain", sum.versions);
    if let Some((seed, broken)) = sum.broken {
        panic!("SEED={seed} breaks a promise: {broken}");
    }
    // About fifty acts in a schedule: two hundred schedules make ten thousand.
    assert!(sum.versions >= 40 * sum.schedules, "{} versions in {} schedules", sum.versions, sum.schedules);
    assert!(sum.paid > 0 || sum.schedules < 10, "nothing was paid: the play is not worth its name");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let place = town();
    for seed in 1..=10 {
        let (first, second) = (play(seed, &place, None), play(seed, &place, None));
        assert_eq!(first.hash, second.hash, "seed {seed}");
    }
}

#[test]
fn every_planted_defect_is_found() {
    let place = town();
    let limit = number("DEFECT_SEEDS", 1_000);
    for (name, defect) in defect::ALL {
        let sum = play_all(1..limit + 1, &place, Some(defect));
        let (seed, broken) = sum.broken.unwrap_or_else(|| panic!("defect not found in {limit} seeds: {name}"));
        println!("planted defect found by seed {seed}: {name}: {broken}");
    }
}
