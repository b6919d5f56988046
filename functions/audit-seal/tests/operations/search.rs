//! Searching what was kept, sealed or not. K4.2.

use std::collections::BTreeSet;

use domain::Moment;
use domain::audit::{Act, Actor, Entry};
use domain::time::Span;
use store::Store;
use testkit::simulate;
use testkit::stage::Stage;

use crate::{acts, seal};

/// All pages of a search; how many there were.
async fn between(store: &Store, span: Span, actor: Option<&str>, limit: usize) -> (Vec<Entry>, usize) {
    let (mut entries, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let found = store.entries_between(span, actor, after.as_deref(), limit).await.expect("found");
        entries.extend(found.entries);
        pages += 1;
        after = found.next;
        if after.is_none() {
            return (entries, pages);
        }
    }
}

fn marks(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.trace.actor.as_str()).collect()
}

#[test]
fn k4_2_entries_are_found_by_time_and_actor_newest_first() {
    simulate(1, async |world| {
        let stage = Stage::new(&world);
        let store = stage.app().store().clone();
        let start = stage.now();
        for round in 0..6 {
            acts(&stage, round * 5..round * 5 + 5).await;
            if round < 5 {
                seal(&stage).await;
            }
            // Over midnight in between.
            world.advance(std::time::Duration::from_hours(6)).await;
        }
        let all = Span { from: start, until: stage.now() };
        for limit in [1, 4, 100] {
            let (entries, pages) = between(&store, all, None, limit).await;
            assert_eq!(entries.iter().map(|entry| &entry.place).collect::<BTreeSet<_>>().len(), 30, "limit {limit}");
            assert_eq!(entries.len(), 30, "limit {limit} in {pages} pages");
            assert!(entries.is_sorted_by(|one, other| one.trace.at >= other.trace.at), "limit {limit}");
        }
        let (entries, _) = between(&store, all, Some("guardian:G000000007"), 10).await;
        assert_eq!(marks(&entries), ["guardian:G000000007"]);
        let third = Span { from: start.plus_seconds(12 * 3600), until: start.plus_seconds(18 * 3600) };
        let (entries, _) = between(&store, third, None, 10).await;
        let wanted: Vec<String> = (10..15).map(|mark| format!("guardian:G{mark:09}")).collect();
        let found: BTreeSet<&str> = marks(&entries).into_iter().collect();
        assert_eq!(found, wanted.iter().map(String::as_str).collect());
        let none = Span { from: Moment::from_seconds(0), until: Moment::from_seconds(86_400) };
        assert!(between(&store, none, None, 10).await.0.is_empty());
        let (odd, ()) = (store.entries_between(all, None, Some("not a cursor"), 5).await.expect("found"), ());
        assert_eq!(odd.entries.len(), 5, "begins at the beginning");
    });
}

#[test]
fn k4_2_entries_are_found_by_what_they_are_about() {
    simulate(1, async |world| {
        let stage = Stage::new(&world);
        let store = stage.app().store().clone();
        acts(&stage, 0..7).await;
        seal(&stage).await;
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = store.entries_about("person#guardian:G000000000", after.as_deref(), 2).await.expect("found");
            assert!(page.entries.len() <= 2);
            found.extend(page.entries);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found.len(), 3, "0, 3 and 6");
        assert!(store.entries_about("person#nobody", None, 2).await.expect("found").entries.is_empty());
        store.note(Actor::system("t"), Act::Refused, "x", stage.now(), 1).await.expect("kept");
        assert_eq!(store.entries_about("x", None, 2).await.expect("found").entries[0].trace.action, "access.refused");
    });
}
