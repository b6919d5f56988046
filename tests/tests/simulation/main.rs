//! The deterministic simulation (确定性模拟): guardians, school, providers, sweeper, archive and bill run act at once on the
//! real handlers over an emulated cloud in which calls fail, get lost and overlap. An independent model checks the
//! promises.
//!
//! `SEEDS=n` sets how many schedules are played, `FROM=m` where to begin, `STEP=s` how far apart (`FROM=5 STEP=16` are
//! those about teaching); `SEED=n` plays one and prints its log; `DEFECT=n` plants only the nth of the defects;
//! `HANDLER=n` breaks only the calls of the nth handler.

#![expect(
    clippy::as_conversions,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "a test that meets the unexpected should stop at once; its figures are what it is run for"
)]

mod classes;
mod coming;
mod defect;
mod every_step;
mod model;
mod place;
mod play;
mod rush;
mod sum;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Defect, simulate_from};

use place::Places;
use play::Play;
use sum::{Sum, Told};

/// A number from the environment.
pub(crate) fn number(name: &str, otherwise: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how the test is asked for more than its default")]
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Events are heard, or at least received: without any subscriber the SDK draws random numbers for spans nobody sees,
/// and a schedule would change with its log.
pub(crate) fn listen() {
    if number("SEED", 0) > 0 {
        edge::telemetry::start();
    } else if tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::new()).is_err() {
        tracing::debug!("events are received already");
    }
}

/// Plays one schedule, with a defect planted or without.
fn play(seed: u64, places: &Places, defect: Option<Defect>) -> Told {
    let place = places.of(seed);
    simulate_from(seed, place.kind.start(seed), async |world| Box::pin(Play::new(&world, place, defect).run()).await)
}

/// Plays seeds on all cores until one breaks a promise; the figures of all that were played.
fn play_all(seeds: &[u64], places: &Places, defect: Option<Defect>) -> Sum {
    let next = AtomicUsize::new(0);
    let sum = Mutex::new(Sum::default());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    if sum.lock().expect("a sum").broken.is_some() {
                        return;
                    }
                    let told = play(*seed, places, defect);
                    sum.lock().expect("a sum").add(*seed, told);
                }
            });
        }
    });
    sum.into_inner().expect("a sum")
}

#[test]
fn p1_p2_p4_p5_p6_p7_p8_p9_promises_hold_in_every_schedule() {
    let places = Places::new();
    let step = number("STEP", 1);
    let seeds: Vec<u64> = match number("SEED", 0) {
        0 => (number("FROM", 1)..=number("SEEDS", 200)).step_by(usize::try_from(step).unwrap_or(1)).collect(),
        one => vec![one],
    };
    let sum = play_all(&seeds, &places, None);
    println!("simulation: {} schedules: {}", sum.schedules, sum.figures);
    if let Some((seed, broken)) = sum.broken {
        panic!("SEED={seed} breaks a promise: {broken}");
    }
    // About fifty acts in a schedule: two hundred schedules make ten thousand.
    let versions = sum.figures.of("versions with one audit entry each");
    assert!(versions >= 40 * sum.schedules, "{versions} versions in {} schedules", sum.schedules);
    let worth = [
        "roll calls parked",
        "moves in effect",
        "paid",
        "withdrawn and refunded",
        "healed by a bill",
        "entered from a console",
        "paid in later parts",
        "records at the city",
        "told and applied by a person",
        "told and declined",
        "records meddled with at the city",
    ];
    for what in worth {
        assert!(sum.figures.of(what) > 0 || sum.schedules < 100, "nothing was {what}: the play is not worth its name");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let places = Places::new();
    for seed in 1..=10 {
        let (first, second) = (play(seed, &places, None), play(seed, &places, None));
        assert_eq!(first.hash, second.hash, "seed {seed}");
    }
}

#[test]
fn every_planted_defect_is_found() {
    let places = Places::new();
    let one = number("DEFECT", 0);
    for (place, planted) in (1..).zip(defect::ALL).filter(|(place, _)| one == 0 || one == *place) {
        let limit = usize::try_from(number("DEFECT_SEEDS", defect::SEEDS)).expect("a number of schedules");
        let seeds: Vec<u64> = (1..).filter(|seed| (planted.among)(*seed)).take(limit).collect();
        let sum = play_all(&seeds, &places, Some(planted.spoil));
        let found = sum.broken.unwrap_or_else(|| panic!("defect not found in {limit} seeds: {}", planted.name));
        let (seed, broken) = found;
        println!("planted defect {place} found by seed {seed}, after {}: {}: {broken}", sum.schedules, planted.name);
    }
}
