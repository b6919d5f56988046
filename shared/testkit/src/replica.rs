//! A copy of the tables that is behind: what eventually consistent reads and indexes show.

use std::collections::HashMap;

use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use fastrand::Rng;

use crate::database::{Entry, all_items, open};
use crate::fault::{Faults, happens, up_to};

struct Change {
    ready: u64,
    entry: Entry,
    image: Option<dynoxide::Item>,
}

/// Follows the primary; each change arrives after its own delay, changes of one item in order.
pub(crate) struct Replica {
    pub(crate) engine: dynoxide::Database,
    pending: Vec<Change>,
    arrival: HashMap<Entry, u64>,
}

impl Replica {
    /// A copy of the primary as it is now.
    pub(crate) fn of(primary: &dynoxide::Database, tables: &[Vec<u8>]) -> Self {
        let engine = open();
        for request in tables {
            let request: CreateTableRequest = serde_json::from_slice(request).expect("it was accepted once");
            let table_name = request.table_name.clone();
            engine.create_table(request).expect("it was accepted once");
            for item in all_items(primary, &table_name) {
                put(&engine, &table_name, item);
            }
        }
        Self { engine, pending: Vec::new(), arrival: HashMap::new() }
    }

    /// Notes that an entry now looks like `image`.
    pub(crate) fn note(
        &mut self,
        entry: Entry,
        image: Option<dynoxide::Item>,
        now: u64,
        faults: &Faults,
        random: &mut Rng,
    ) {
        let delay = if happens(random, faults.lag) { up_to(random, faults.lag_limit_milliseconds) } else { 0 };
        let arrival = self.arrival.entry(entry.clone()).or_default();
        *arrival = (now + delay).max(*arrival);
        self.pending.push(Change { ready: *arrival, entry, image });
    }

    /// Applies what has arrived by now.
    pub(crate) fn catch_up(&mut self, now: u64) {
        for change in self.pending.extract_if(.., |change| change.ready <= now) {
            if let Some(item) = change.image {
                put(&self.engine, &change.entry.table, item);
            } else {
                let request = DeleteItemRequest {
                    table_name: change.entry.table.clone(),
                    key: change.entry.key(),
                    ..DeleteItemRequest::default()
                };
                self.engine.delete_item(request).expect("the primary took it");
            }
        }
    }
}

fn put(engine: &dynoxide::Database, table: &str, item: dynoxide::Item) {
    let request = PutItemRequest { table_name: table.to_owned(), item, ..PutItemRequest::default() };
    engine.put_item(request).expect("the primary took it");
}
