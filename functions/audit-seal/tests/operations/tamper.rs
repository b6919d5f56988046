//! Whatever is done to segments is found. Promise P9.

use std::cell::Cell;

use domain::audit::segment::{Draft, Head};
use domain::audit::verify::{read, verify};
use gateway::signer::VerifyingKey;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use testkit::simulate;
use testkit::stage::Stage;

use crate::{acts, key, seal, segments};

/// Tamperings that are tried; a few of them change nothing and do not count.
const TRIED: u32 = 12_000;
const WANTED: u32 = 10_000;

/// What somebody does to the segments. Places are drawn first and fitted to what is there.
#[derive(Clone, Debug)]
enum Deed {
    FlipByte(Index, Index, u8),
    InsertByte(Index, Index, u8),
    DeleteBytes(Index, Index, Index),
    CutText(Index, Index),
    DropLine(Index, Index),
    SwapLines(Index, Index, Index),
    CopyLine(Index, Index, Index, Index),
    DropSegment(Index),
    SwapSegments(Index, Index),
    CopySegment(Index, Index),
    CutSegments(Index),
    /// Leaves out an entry, makes all chains and heads anew, and keeps the signatures: all that can be done without the
    /// key.
    Remake(Index, Index),
}

fn deed() -> impl Strategy<Value = Deed> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), at(), 1..=255u8).prop_map(|(s, b, bits)| Deed::FlipByte(s, b, bits)),
        2 => (at(), at(), any::<u8>()).prop_map(|(s, b, byte)| Deed::InsertByte(s, b, byte)),
        2 => (at(), at(), at()).prop_map(|(s, from, to)| Deed::DeleteBytes(s, from, to)),
        1 => (at(), at()).prop_map(|(s, b)| Deed::CutText(s, b)),
        2 => (at(), at()).prop_map(|(s, l)| Deed::DropLine(s, l)),
        2 => (at(), at(), at()).prop_map(|(s, one, other)| Deed::SwapLines(s, one, other)),
        2 => (at(), at(), at(), at()).prop_map(|(s, l, to, place)| Deed::CopyLine(s, l, to, place)),
        1 => at().prop_map(Deed::DropSegment),
        1 => (at(), at()).prop_map(|(one, other)| Deed::SwapSegments(one, other)),
        1 => (at(), at()).prop_map(|(s, place)| Deed::CopySegment(s, place)),
        1 => at().prop_map(Deed::CutSegments),
        2 => (at(), at()).prop_map(|(s, e)| Deed::Remake(s, e)),
    ]
}

fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn done(deed: &Deed, whole: &[Vec<u8>], key: &VerifyingKey) -> Vec<Vec<u8>> {
    let mut all = whole.to_vec();
    let place = |index: &Index| index.index(whole.len());
    match deed {
        Deed::FlipByte(s, b, bits) => {
            let at = b.index(all[place(s)].len());
            all[place(s)][at] ^= bits;
        }
        Deed::InsertByte(s, b, byte) => {
            let at = b.index(all[place(s)].len() + 1);
            all[place(s)].insert(at, *byte);
        }
        Deed::DeleteBytes(s, from, to) => {
            let (from, to) = (from.index(all[place(s)].len()), to.index(all[place(s)].len()));
            all[place(s)].drain(from.min(to)..=from.max(to));
        }
        Deed::CutText(s, b) => {
            let at = b.index(all[place(s)].len());
            all[place(s)].truncate(at);
        }
        Deed::DropLine(s, l) => {
            let mut text = lines(&all[place(s)]);
            text.remove(l.index(text.len()));
            all[place(s)] = text.concat();
        }
        Deed::SwapLines(s, one, other) => {
            let mut text = lines(&all[place(s)]);
            let (one, other) = (one.index(text.len()), other.index(text.len()));
            text.swap(one, other);
            all[place(s)] = text.concat();
        }
        Deed::CopyLine(s, l, to, at) => {
            let from = lines(&all[place(s)]);
            let mut text = lines(&all[place(to)]);
            text.insert(at.index(text.len() + 1), from[l.index(from.len())].clone());
            all[place(to)] = text.concat();
        }
        Deed::DropSegment(s) => drop(all.remove(place(s))),
        Deed::SwapSegments(one, other) => all.swap(place(one), place(other)),
        Deed::CopySegment(s, at) => all.insert(at.index(whole.len() + 1), whole[place(s)].clone()),
        Deed::CutSegments(s) => all.truncate(place(s)),
        Deed::Remake(s, e) => return remade(whole, place(s), *e, key),
    }
    all
}

fn remade(whole: &[Vec<u8>], spoiled: usize, left_out: Index, key: &VerifyingKey) -> Vec<Vec<u8>> {
    let (mut before, mut head) = (Head::none(), Head::none());
    let mut all = Vec::new();
    for (place, text) in whole.iter().enumerate() {
        let segment = read(text, &before, key).expect("as it was sealed");
        before = segment.head_after(&before);
        let mut entries = segment.entries.clone();
        if place == spoiled {
            entries.remove(left_out.index(entries.len()));
        }
        let draft = Draft::new(&head, entries).expect("entries are left");
        let signature = lines(text).pop().expect("a signature");
        let text = [draft.message(), &signature].concat();
        let hash = domain::snapshot::hash(&text);
        head = Head { number: head.number + 1, hash, entries: 0 };
        all.push(text);
    }
    all
}

#[test]
fn p9_every_tampering_is_found() {
    let (whole, head, key) = simulate(1, async |world| {
        let stage = Stage::new(&world);
        for round in 0..4 {
            acts(&stage, round * 6..round * 6 + 6).await;
            seal(&stage).await;
        }
        (segments(&world), stage.app().store().audit_head().await.expect("a head"), key(&world))
    });
    let verdict = |segments: &[Vec<u8>]| verify(segments.iter().map(Vec::as_slice), &key, Some(&head));
    assert_eq!(verdict(&whole).expect("in order").head, head);
    let found = Cell::new(0u32);
    let mut runner = TestRunner::new(Config { cases: TRIED, failure_persistence: None, ..Config::default() });
    let told = runner.run(&vec(deed(), 1..3), |deeds| {
        let mut tampered = whole.clone();
        for deed in &deeds {
            // A second deed is done to what the first has left, as far as it still reads.
            let remake = matches!(deed, Deed::Remake(..));
            if tampered.len() == whole.len()
                && tampered.iter().all(|text| !text.is_empty())
                && (!remake || tampered == whole)
            {
                tampered = done(deed, &tampered, &key);
            }
        }
        if tampered != whole {
            prop_assert!(verdict(&tampered).is_err(), "not found");
            found.set(found.get() + 1);
        }
        Ok(())
    });
    told.unwrap_or_else(|missed| panic!("{missed}"));
    println!("tampering: {0} of {0} found", found.get());
    assert!(found.get() >= WANTED, "only {} of {TRIED} changed something", found.get());
}
