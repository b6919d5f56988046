//! Memory (缓存): what a Lambda environment remembers between invocations, catalogs and boards.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::access::{Permission, RoleBook};
use domain::catalog::{Term, TermCatalog};
use domain::id::{OfferingId, PersonId, RoomId, SchoolCode, TermCode};
use domain::teaching::rules::TeachingRules;
use tokio::time::Instant;

use crate::board::Boards;
use crate::directory::SchoolMap;
use crate::teaching::TermClasses;

/// How long a change of the catalog may take to reach every environment.
pub const CATALOG_REFRESH: Duration = Duration::from_secs(10);

/// How long a change of a teaching class may take to reach every environment's timetables.
pub const CLASSES_REFRESH: Duration = Duration::from_secs(10);

/// How long a change of a role, or a new school, may take to reach every environment.
pub const DIRECTORY_REFRESH: Duration = Duration::from_secs(30);

/// How old the seats left may be that a list shows.
pub const SEATS_REFRESH: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(crate) struct Caches {
    pub(crate) roles: Memory<(), RoleBook>,
    pub(crate) schools: Memory<(), SchoolMap>,
    pub(crate) used: Memory<(PersonId, Permission), ()>,
    pub(crate) boards: Boards,
    pub(crate) terms: Memory<SchoolCode, Vec<Term>>,
    pub(crate) catalogs: Memory<(SchoolCode, TermCode), TermCatalog>,
    pub(crate) classes: Memory<(SchoolCode, TermCode), TermClasses>,
    pub(crate) teaching_rules: Memory<SchoolCode, TeachingRules>,
    pub(crate) room_names: Memory<SchoolCode, BTreeMap<RoomId, String>>,
    pub(crate) seats_left: Memory<(SchoolCode, TermCode), HashMap<OfferingId, u16>>,
}

/// Values with the moment they were read at.
#[derive(Debug)]
pub(crate) struct Memory<K, V> {
    values: Mutex<HashMap<K, (Instant, Arc<V>)>>,
}

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self { values: Mutex::default() }
    }
}

impl<K: std::hash::Hash + Eq, V> Memory<K, V> {
    /// The value, if it is younger than `oldest`.
    pub(crate) fn recall(&self, key: &K, oldest: Duration) -> Option<Arc<V>> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.get(key).filter(|(read_at, _)| read_at.elapsed() < oldest).map(|(_, value)| Arc::clone(value))
    }

    /// Remembers a value that was read at `read_at`.
    pub(crate) fn remember(&self, key: K, read_at: Instant, value: V) -> Arc<V> {
        let value = Arc::new(value);
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.insert(key, (read_at, Arc::clone(&value)));
        value
    }

    /// Forgets a value, after this environment itself has changed it.
    pub(crate) fn forget(&self, key: &K) {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}
