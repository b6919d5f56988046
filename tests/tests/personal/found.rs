//! Everything that was kept, sent or told, and the search through it.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use testkit::stage::{ARCHIVE_QUEUE, IMPORT_QUEUE, IMPORTS, PREFIX, SNAPSHOTS};
use testkit::{TABLES, World, plain, table_name};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;

/// What the house logs, more of it than in the cloud; and what the libraries log there.
const LOGGED: &str = "info,edge=trace,store=trace,gateway=trace,cashier=trace,school=trace,import=trace,catalog=trace,\
                      enrollment=trace,order=trace,payment_callback=trace,privacy=trace,\
                      people=trace,directory=trace,identity=trace,sweep=trace,archive=trace";

/// Lines of the log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Collects what is logged from now on.
    pub(crate) fn listen(&self) -> DefaultGuard {
        let log = self.clone();
        let lines = tracing_subscriber::fmt().json().with_env_filter(EnvFilter::new(LOGGED)).without_time();
        tracing::subscriber::set_default(lines.with_writer(move || log.clone()).finish())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that was kept, sent or told: where, and what.
#[derive(Default)]
pub(crate) struct Found(pub(crate) Vec<(String, String)>);

impl Found {
    pub(crate) fn of(world: &World, log: &Log, problems: &[String]) -> Self {
        let mut found = Self::default();
        for table in TABLES.map(|table| table_name(PREFIX, table.name)) {
            found.0.extend(world.scan(&table).iter().map(|item| (format!("table {table}"), plain(item).to_string())));
        }
        let queues: BTreeSet<String> =
            world.queues().into_iter().chain([IMPORT_QUEUE, ARCHIVE_QUEUE].map(str::to_owned)).collect();
        for queue in queues {
            found.0.extend(world.sent(&queue).into_iter().map(|message| (format!("queue {queue}"), message.body)));
        }
        for bucket in [SNAPSHOTS, IMPORTS] {
            for (key, object) in world.objects(bucket) {
                // The file as the clerk gave it is the place of personal data, for thirty days.
                let text =
                    if is_source(&key) { String::new() } else { String::from_utf8_lossy(&object.body).into_owned() };
                found.0.push((format!("object {bucket}"), format!("{key} {text}")));
            }
        }
        for sent in
            world.requests().into_iter().filter(|sent| !is_source(sent.uri.split('?').next().unwrap_or_default()))
        {
            found.0.push(("request".to_owned(), format!("{} {}", sent.uri, String::from_utf8_lossy(&sent.body))));
        }
        found.0.extend(world.trace().into_iter().map(|line| ("trace".to_owned(), line)));
        found.0.extend(log.text().lines().map(|line| ("log".to_owned(), line.to_owned())));
        found.0.extend(problems.iter().map(|body| ("problem".to_owned(), body.clone())));
        found
    }

    /// Where canaries lie in the clear, as they are or as a URL writes them.
    pub(crate) fn hits(&self, canaries: &BTreeSet<String>) -> Vec<&str> {
        let spelt: Vec<String> = canaries.iter().flat_map(|canary| [canary.clone(), in_url(canary)]).collect();
        let sings = |text: &str| spelt.iter().any(|canary| text.contains(canary.as_str()));
        self.0.iter().filter(|(_, text)| sings(text)).map(|(place, _)| place.as_str()).collect()
    }

    pub(crate) fn count(&self, place: &str) -> usize {
        self.0.iter().filter(|(known, _)| known.starts_with(place)).count()
    }
}

fn is_source(key: &str) -> bool {
    key.ends_with("/file")
}

fn in_url(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02X}") })
        .collect()
}
