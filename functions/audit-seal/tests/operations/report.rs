//! What is sealed is told to the city: no entry is taken off the list before the thing it speaks of is due. B6 K7.1,
//! promises P7 P8.

use std::collections::BTreeSet;

use domain::task::Queue;
use store::{Commit, Versioned};
use testkit::stage::Stage;
use testkit::town::Town;
use testkit::{Fault, Script, World, plain, simulate};

use crate::{acts, seal, waiting};

/// The things that are due to be told.
fn due(world: &World) -> BTreeSet<String> {
    let tasks = world.scan("test-tasks").iter().map(plain).collect::<Vec<_>>();
    let of_queue = tasks.iter().filter(|task| task["queue"] == Queue::Municipal.to_string().as_str());
    of_queue.map(|task| task["entity"].as_str().expect("a name").to_owned()).collect()
}

/// The pupils of a small town, and the guardians, each of two.
fn people(count: usize) -> BTreeSet<String> {
    let pupils = (0..count).map(|number| format!("pupil/S{number:09}"));
    pupils.chain((0..count.div_ceil(2)).map(|number| format!("guardian/G{number:09}"))).collect()
}

#[test]
fn b6_1_p7_what_changed_is_due_once_it_is_sealed() {
    simulate(1, async |world| {
        let stage = Stage::with(&world, &Town::small(3)).await;
        acts(&stage, 0..2).await;
        assert!(due(&world).is_empty() && waiting(&world) > 0);
        seal(&stage).await;
        assert_eq!(due(&world), people(3), "of all that was written, people are what the city is told of");
        seal(&stage).await;
        assert_eq!(due(&world), people(3));
    });
}

/// An order is written in the rush and carries its entry; it is told of when that is drained.
#[test]
fn b6_1_p7_what_carries_its_entries_is_due_once_they_are_drained() {
    simulate(1, async |world| {
        let stage = Stage::with(&world, &Town::small(1)).await;
        seal(&stage).await;
        let (town, store) = (Town::small(1), stage.app().store().clone());
        let record = domain::record::TermRecord::new(town.pupil(0), town.term.code.clone(), town.school.code.clone());
        let commit = || Commit::new(domain::audit::Actor::system("test"), "test.write", stage.now());
        let mut carrying = commit();
        carrying.carry_record(&Versioned::absent(record)).expect("a record");
        store.commit(carrying).await.expect("written");
        seal(&stage).await;
        assert_eq!(due(&world), people(1), "it has its entries with it");
        let found = store.record(&town.pupil(0), &town.term.code).await.expect("read").expect("a record").unguarded();
        let mut draining = commit();
        draining.save_record(&found).expect("a record");
        store.commit(draining).await.expect("written");
        seal(&stage).await;
        assert!(due(&world).contains("record/S000000000/2026-2027-1"), "{:?}", due(&world));
    });
}

/// Wherever a run stops and whatever goes wrong there: what is not due yet is still on the list.
#[test]
fn p7_p8_no_change_is_lost_wherever_the_sealer_stops() {
    let calls = simulate(1, async |world| {
        let stage = Stage::with(&world, &Town::small(3)).await;
        assert!(!world.run(audit_seal::seal(stage.app())).await.crashed());
        world.calls_of_last_run().len()
    });
    assert!(calls > 10, "{calls}");
    for at_call in 0..calls {
        for fault in Fault::EVERY_STEP {
            simulate(1, async |world| {
                let stage = Stage::with(&world, &Town::small(3)).await;
                world.set_script(Script { at_call, fault });
                drop(world.run(audit_seal::seal(stage.app())).await);
                assert!(waiting(&world) > 0 || due(&world) == people(3), "call {at_call} {fault:?}: a change is lost");
                seal(&stage).await;
                assert_eq!((due(&world), waiting(&world)), (people(3), 0), "call {at_call} {fault:?}");
            });
        }
    }
}
