//! Moves: a request and the record that it marks are one change. S27 S28.

use domain::Moment;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::moves::{Asked, MoveRequest, Moving, Transfer, Wanted};
use domain::record::TermRecord;
use domain::teaching::request::Party;
use store::{Commit, Store, StoreError, Versioned};
use testkit::simulate;

use crate::tables;

const NOW: Moment = Moment::from_seconds(1_788_220_800);

fn request() -> MoveRequest {
    let class = |number: &str| format!("3144200101.2026-2027-1.K1.{number}").parse().expect("done");
    let asked = Asked {
        id: "3144200101.2026-2027-1.592dd78d80daef5a9478".parse().expect("done"),
        request: "h".to_owned(),
        student: "S000000000".parse().expect("done"),
        wanted: Wanted::Transfer { to: class("02") },
        on: jiff::civil::date(2026, 9, 7),
        reason: "与同学同班".to_owned(),
        by: "G000000000".parse().expect("done"),
        party: Party::Guardian,
    };
    let (title, to_title) = ("书法1班".to_owned(), "书法2班".to_owned());
    let moving = Moving::Transfer(Transfer { from: class("01"), title, to: class("02"), to_title });
    MoveRequest::ask(&asked, moving, NOW).expect("done")
}

async fn written(
    store: &Store,
    request: &Versioned<MoveRequest>,
    record: &Versioned<TermRecord>,
) -> Result<(), StoreError> {
    let mut commit = Commit::new(Actor::system("test"), "test.move", NOW);
    commit.save_move(request).expect("done");
    commit.save_record(record).expect("done");
    store.commit(commit).await
}

#[test]
fn s27_1_s28_1_a_move_is_found_by_its_number_and_in_its_term() {
    simulate(1, async |world| {
        let store = tables(&world);
        let (request, school, term) =
            (request(), "3144200101".parse().expect("done"), "2026-2027-1".parse().expect("done"));
        let record =
            TermRecord::new(request.student.clone(), "2026-2027-1".parse().expect("done"), request.school.clone());
        written(&store, &Versioned::absent(request.clone()), &Versioned::absent(record)).await.expect("done");
        let found = store.move_request(&request.id).await.expect("done").map(Guarded::unguarded).expect("done");
        assert_eq!((found.ver, &found.value), (1, &request));
        let (page, next) = store.moves(&school, &term, None, 10).await.expect("done");
        assert_eq!((page.len(), next), (1, None));
        assert_eq!(store.all_moves(&school, &term).await.expect("done").len(), 1);
        let (after, _) = store.moves(&school, &term, Some(&request.id), 10).await.expect("done");
        assert!(after.is_empty());
    });
}

#[test]
fn s27_1_a_move_is_not_written_over_what_was_decided_meanwhile() {
    simulate(1, async |world| {
        let store = tables(&world);
        let request = request();
        let record =
            TermRecord::new(request.student.clone(), "2026-2027-1".parse().expect("done"), request.school.clone());
        let (request, record) = (Versioned::absent(request), Versioned::absent(record));
        written(&store, &request, &record).await.expect("done");
        let again = written(&store, &request, &Versioned { ver: 1, ..record.clone() }).await;
        assert!(matches!(again, Err(StoreError::Stale)), "the request is there");
        let behind = written(&store, &Versioned { ver: 1, ..request.clone() }, &record).await;
        assert!(matches!(behind, Err(StoreError::Stale)), "the record was changed");
        let kept = store.move_request(&request.value.id).await.expect("done").map(Guarded::unguarded).expect("done");
        assert_eq!(kept.ver, 1, "of both or of neither");
    });
}
