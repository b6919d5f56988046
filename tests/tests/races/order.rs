//! Orders of events: what can happen in any order happens in every one, each in a world of its own.

use testkit::simulate;
use testkit::stage::Stage;
use testkit::town::Town;

use crate::scene::{Act, Scene};

/// Says in which order things happened when a race goes wrong.
struct Told<'a>(&'a [usize]);

impl Drop for Told<'_> {
    #[expect(clippy::print_stderr, reason = "without it nobody knows which order it was")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the acts came in the order {:?}", self.0);
        }
    }
}

/// Every order that so many things can take.
pub(crate) fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for rest in orders(last) {
        for place in 0..=rest.len() {
            let mut order = rest.clone();
            order.insert(place, last);
            all.push(order);
        }
    }
    all
}

/// Plays a race in every order of its acts: what comes before, the acts, time for everything to come to rest, and what
/// must be true then.
pub(crate) fn in_every_order(town: &Town, before: Act, acts: &[Act], after: Act) {
    let image = Stage::image_of(town);
    for order in orders(acts.len()) {
        let told = Told(&order);
        simulate(1, async |world| {
            let scene = Scene::on(Stage::planted(&world, &image));
            before(&scene).await;
            for act in told.0 {
                acts[*act](&scene).await;
            }
            scene.rest().await;
            after(&scene).await;
            scene.sound();
        });
    }
}

/// Plays a race whose acts happen at once, with another interleaving of their calls in each seed.
pub(crate) fn at_once(town: &Town, before: Act, acts: &[Act], after: Act) {
    let image = Stage::image_of(town);
    for seed in 1..=12 {
        simulate(seed, async |world| {
            let scene = Scene::on(Stage::planted(&world, &image));
            before(&scene).await;
            world.set_faults(testkit::Faults::latency(40));
            futures::future::join_all(acts.iter().map(|act| act(&scene))).await;
            world.set_faults(testkit::Faults::none());
            scene.rest().await;
            after(&scene).await;
            scene.sound();
        });
    }
}

#[test]
fn p4_race_every_order_is_played_once() {
    let mut all = orders(4);
    all.sort();
    all.dedup();
    assert_eq!((orders(0).len(), orders(1).len(), all.len()), (1, 1, 24));
}
