//! Playing: steps drawn from a seed, the laws looked at after each, and a failure made as short as it can be.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::refund::RefundState;
use fastrand::Rng;

use crate::acts::{ACTS, Step};
use crate::defect::Defect;
use crate::laws;
use crate::place::World;

/// Steps of one play; then everything is healed, and another begins.
pub(crate) const STEPS_OF_A_PLAY: u64 = 400;
/// After so many steps, what is on its way is tried in several orders.
const STEPS_BETWEEN_ORDERS: usize = 30;

/// A law that was broken, and the shortest way found to break it.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) seed: u64,
    pub(crate) law: String,
    pub(crate) steps: Vec<Step>,
}

/// The steps of a seed.
pub(crate) fn steps(seed: u64) -> Vec<Step> {
    let mut random = Rng::with_seed(seed);
    let all = ACTS.iter().map(|(_, often)| often).sum();
    let mut draw = || {
        let mut number = random.u32(0..all);
        let drawn = ACTS.iter().find(|(_, often)| {
            let here = number < *often;
            number = number.saturating_sub(*often);
            here
        });
        Step { act: drawn.expect("an act").0, who: random.u8(0..4), pick: random.u16(..) }
    };
    (0..STEPS_OF_A_PLAY).map(|_| draw()).collect()
}

/// What plays came to.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    pub(crate) plays: u64,
    pub(crate) orders: u64,
    pub(crate) counted: u64,
    pub(crate) paid_for_nothing: u64,
    pub(crate) refunds: [u64; 4],
    pub(crate) requests: u64,
    pub(crate) broken: Option<Broken>,
}

impl Sum {
    fn add(&mut self, world: &World) {
        self.plays += 1;
        for family in world.schools.iter().flat_map(|school| &school.families) {
            self.orders += family.record.orders.len() as u64;
            self.requests += family.requests.len() as u64;
            for paid in family.payments.iter().filter_map(|payment| payment.paid.as_ref()) {
                *(if paid.counted { &mut self.counted } else { &mut self.paid_for_nothing }) += 1;
            }
            for refund in &family.refunds {
                let ends = [RefundState::Done, RefundState::Closed, RefundState::Rejected, RefundState::Returned];
                if let Some(at) = ends.iter().position(|end| *end == refund.state) {
                    self.refunds[at] += 1;
                }
            }
        }
    }
}

/// Plays steps from the beginning: where it ends, or the law that is broken.
pub(crate) fn play(seed: u64, steps: &[Step], defect: Option<Defect>) -> Result<World, String> {
    let mut world = World::new(defect);
    let mut random = Rng::with_seed(!seed);
    for (at, step) in steps.iter().enumerate() {
        world.step(*step)?;
        if at % STEPS_BETWEEN_ORDERS == STEPS_BETWEEN_ORDERS - 1 || at + 1 == steps.len() {
            laws::any_order(&world, usize::from(step.who), &mut random)?;
        }
    }
    laws::healed(&mut world)?;
    Ok(world)
}

/// Plays a seed, and makes what breaks a law there as short as it can be.
pub(crate) fn try_seed(seed: u64, defect: Option<Defect>) -> Result<World, Box<Broken>> {
    let mut steps = steps(seed);
    let mut law = match play(seed, &steps, defect) {
        Ok(world) => return Ok(world),
        Err(law) => law,
    };
    let name = |law: &str| law.split(':').next().unwrap_or_default().to_owned();
    let broken = name(&law);
    let mut length = steps.len() / 2;
    while length > 0 {
        let mut from = 0;
        while from < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(from..(from + length).min(steps.len()));
            match play(seed, &fewer, defect) {
                Err(same) if name(&same) == broken => (steps, law) = (fewer, same),
                Ok(_) | Err(_) => from += length,
            }
        }
        length /= 2;
    }
    Err(Box::new(Broken { seed, law, steps }))
}

/// Plays so many seeds on all cores, until one breaks a law.
pub(crate) fn play_all(seeds: std::ops::Range<u64>, defect: Option<Defect>) -> Sum {
    let next = AtomicU64::new(seeds.start);
    let sum = Mutex::new(Sum::default());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || sum.lock().expect("a sum").broken.is_some() {
                        return;
                    }
                    let played = try_seed(seed, defect);
                    let mut sum = sum.lock().expect("a sum");
                    match played {
                        Ok(world) => sum.add(&world),
                        Err(broken) => {
                            sum.broken.get_or_insert(*broken);
                        }
                    }
                }
            });
        }
    });
    sum.into_inner().expect("a sum")
}
