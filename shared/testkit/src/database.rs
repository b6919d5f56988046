//! The tables: an embedded engine, plus what it does not do by itself — conflicts, stale reads,
//! index lag, short pages, unprocessed keys — and the bill.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use dynoxide::actions::batch_get_item::BatchGetItemRequest;
use dynoxide::actions::batch_write_item::BatchWriteItemRequest;
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::query::QueryRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::actions::transact_get_items::TransactGetItemsRequest;
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::actions::update_item::UpdateItemRequest;
use dynoxide::types::{ConsumedCapacity, item_size};
use dynoxide::{AttributeValue as Stored, DynoxideError};
use fastrand::Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::capacity::{Capacity, Usage};
use crate::connector::Reply;
use crate::fault::Faults;
use crate::replica::Replica;
use crate::table::TABLES;

/// An item as the SDK shows it.
pub type Item = HashMap<String, AttributeValue>;

/// A request token is remembered for ten minutes.
const TOKEN_MINUTES: u64 = 10;

/// The place of an item: table and primary key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) table: String,
    pub(crate) partition: String,
    pub(crate) sort: String,
}

impl Entry {
    fn of(table: &str, item: &dynoxide::Item) -> Self {
        Self {
            table: table.to_owned(),
            partition: scalar(item.get("pk")).to_owned(),
            sort: scalar(item.get("sk")).to_owned(),
        }
    }

    pub(crate) fn key(&self) -> dynoxide::Item {
        HashMap::from([
            ("pk".to_owned(), Stored::S(self.partition.clone())),
            ("sk".to_owned(), Stored::S(self.sort.clone())),
        ])
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}|{}", self.table, self.partition, self.sort)
    }
}

fn scalar(value: Option<&Stored>) -> &str {
    if let Some(Stored::S(text) | Stored::N(text)) = value { text } else { "?" }
}

/// A request, read once.
pub(crate) enum Request {
    Get(Box<GetItemRequest>),
    Query(Box<QueryRequest>),
    Scan(Box<ScanRequest>),
    BatchGet(Box<BatchGetItemRequest>),
    TransactGet(Box<TransactGetItemsRequest>),
    Put(Box<PutItemRequest>),
    Update(Box<UpdateItemRequest>),
    Delete(Box<DeleteItemRequest>),
    BatchWrite(Box<BatchWriteItemRequest>),
    TransactWrite(Box<TransactWriteItemsRequest>),
    CreateTable(Vec<u8>),
    DescribeTable(Vec<u8>),
    Malformed(String),
}

fn read<T: DeserializeOwned>(body: &[u8], wrap: impl FnOnce(Box<T>) -> Request) -> Request {
    match serde_json::from_slice(body) {
        Ok(request) => wrap(Box::new(request)),
        Err(error) => Request::Malformed(error.to_string().replace("VALIDATION:", "")),
    }
}

impl Request {
    pub(crate) fn parse(operation: &str, body: &[u8]) -> Self {
        match operation {
            "GetItem" => read(body, Self::Get),
            "Query" => read(body, Self::Query),
            "Scan" => read(body, Self::Scan),
            "BatchGetItem" => read(body, Self::BatchGet),
            "TransactGetItems" => read(body, Self::TransactGet),
            "PutItem" => read(body, Self::Put),
            "UpdateItem" => read(body, Self::Update),
            "DeleteItem" => read(body, Self::Delete),
            "BatchWriteItem" => read(body, Self::BatchWrite),
            "TransactWriteItems" => read(body, Self::TransactWrite),
            "CreateTable" => Self::CreateTable(body.to_vec()),
            "DescribeTable" => Self::DescribeTable(body.to_vec()),
            other => panic!("the world has no DynamoDB operation {other}"),
        }
    }

    /// What a single write or a transaction touches, in its order.
    fn entries(&self) -> Vec<Entry> {
        match self {
            Self::Put(request) => vec![Entry::of(&request.table_name, &request.item)],
            Self::Update(request) => vec![Entry::of(&request.table_name, &request.key)],
            Self::Delete(request) => vec![Entry::of(&request.table_name, &request.key)],
            Self::Get(request) => vec![Entry::of(&request.table_name, &request.key)],
            Self::BatchGet(request) => {
                let tables: BTreeMap<_, _> = request.request_items.iter().collect();
                tables.into_iter().flat_map(|(table, keys)| keys_of(table, keys)).collect()
            }
            Self::BatchWrite(request) => {
                let tables: BTreeMap<_, _> = request.request_items.iter().collect();
                let mut entries = Vec::new();
                for (table, writes) in tables {
                    for write in writes {
                        let put = write.put_request.as_ref().map(|put| &put.item);
                        let key = write.delete_request.as_ref().map(|delete| &delete.key);
                        entries.extend(put.or(key).map(|item| Entry::of(table, item)));
                    }
                }
                entries
            }
            Self::TransactGet(request) => {
                let gets = request.transact_items.iter().map(|item| &item.get);
                gets.map(|get| Entry::of(&get.table_name, &get.key)).collect()
            }
            Self::TransactWrite(request) => {
                let mut entries = Vec::new();
                for item in &request.transact_items {
                    let put = item.put.as_ref().map(|put| Entry::of(&put.table_name, &put.item));
                    let update = item.update.as_ref().map(|update| Entry::of(&update.table_name, &update.key));
                    let delete = item.delete.as_ref().map(|delete| Entry::of(&delete.table_name, &delete.key));
                    let check = item.condition_check.as_ref();
                    let check = check.map(|check| Entry::of(&check.table_name, &check.key));
                    entries.extend(put.or(update).or(delete).or(check));
                }
                entries
            }
            Self::Query(_) | Self::Scan(_) | Self::CreateTable(_) | Self::DescribeTable(_) | Self::Malformed(_) => {
                Vec::new()
            }
        }
    }

    /// What the call is about, the same in every run of a seed.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::Query(request) => {
                let mut text = request.table_name.clone();
                if let Some(index) = &request.index_name {
                    write!(text, "/{index}").expect("a string takes any text");
                }
                let values: BTreeMap<_, _> = request.expression_attribute_values.iter().flatten().collect();
                for value in values.into_values() {
                    write!(text, " {}", scalar(Some(value))).expect("a string takes any text");
                }
                text
            }
            Self::Scan(request) => request.table_name.clone(),
            Self::CreateTable(_) | Self::DescribeTable(_) | Self::Malformed(_) => String::new(),
            Self::Get(_)
            | Self::BatchGet(_)
            | Self::TransactGet(_)
            | Self::Put(_)
            | Self::Update(_)
            | Self::Delete(_)
            | Self::BatchWrite(_)
            | Self::TransactWrite(_) => {
                let entries: Vec<String> = self.entries().iter().map(Entry::to_string).collect();
                entries.join(", ")
            }
        }
    }

    /// Whether a transaction elsewhere can refuse it.
    pub(crate) fn conflicts(&self) -> bool {
        matches!(self, Self::Put(_) | Self::Update(_) | Self::Delete(_) | Self::TransactWrite(_) | Self::TransactGet(_))
    }

    /// Whether it carries a request token.
    pub(crate) fn is_write_transaction(&self) -> bool {
        matches!(self, Self::TransactWrite(_))
    }

    fn writes(&self) -> bool {
        matches!(self, Self::Put(_) | Self::Update(_) | Self::Delete(_) | Self::BatchWrite(_) | Self::TransactWrite(_))
    }

    fn reads_an_index(&self) -> bool {
        if let Self::Query(request) = self {
            request.index_name.is_some()
        } else if let Self::Scan(request) = self {
            request.index_name.is_some()
        } else {
            false
        }
    }

    fn is_eventually_consistent(&self) -> bool {
        let strong = match self {
            Self::Get(request) => request.consistent_read,
            Self::Query(request) => request.consistent_read,
            Self::Scan(request) => request.consistent_read,
            Self::BatchGet(request) => {
                Some(request.request_items.values().any(|keys| keys.consistent_read == Some(true)))
            }
            Self::TransactGet(_)
            | Self::Put(_)
            | Self::Update(_)
            | Self::Delete(_)
            | Self::BatchWrite(_)
            | Self::TransactWrite(_)
            | Self::CreateTable(_)
            | Self::DescribeTable(_)
            | Self::Malformed(_) => Some(true),
        };
        strong != Some(true)
    }
}

fn keys_of<'a>(
    table: &'a str,
    keys: &'a dynoxide::actions::batch_get_item::KeysAndAttributes,
) -> impl Iterator<Item = Entry> + 'a {
    keys.keys.iter().map(move |key| Entry::of(table, key))
}

/// How this call is to be served.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// Virtual milliseconds since the start.
    pub(crate) now: u64,
    pub(crate) stale: bool,
    pub(crate) short_page: bool,
    pub(crate) unprocessed: bool,
    /// How long a transaction holds its items.
    pub(crate) hold: u64,
}

/// The tables.
pub(crate) struct Database {
    engine: dynoxide::Database,
    created: Vec<Vec<u8>>,
    replica: Option<Replica>,
    held: HashMap<Entry, u64>,
    tokens: HashMap<String, (u64, String)>,
}

pub(crate) fn open() -> dynoxide::Database {
    dynoxide::Database::memory().expect("an empty database opens")
}

impl Database {
    pub(crate) fn new() -> Self {
        Self { engine: open(), created: Vec::new(), replica: None, held: HashMap::new(), tokens: HashMap::new() }
    }

    pub(crate) fn create_tables(&mut self, prefix: &str) {
        for table in &TABLES {
            let request = serde_json::to_vec(&table.request(prefix)).expect("it is JSON");
            let (reply, _) = self.create_table(&request);
            assert_eq!(reply.status, 200, "{} was refused: {:?}", table.name, reply.body);
        }
    }

    fn create_table(&mut self, body: &[u8]) -> (Reply, Vec<Usage>) {
        let request: CreateTableRequest = match serde_json::from_slice(body) {
            Ok(request) => request,
            Err(error) => return (malformed(&error.to_string()), Vec::new()),
        };
        let result = self.engine.create_table(request);
        if result.is_ok() {
            self.created.push(body.to_vec());
            self.replica = None;
        }
        (answer(result), Vec::new())
    }

    /// Serves a request and tells what it consumed.
    pub(crate) fn serve(
        &mut self,
        mut request: Request,
        manner: Manner,
        faults: &Faults,
        random: &mut Rng,
    ) -> (Reply, Vec<Usage>) {
        if faults.lags() {
            self.replica.get_or_insert_with(|| Replica::of(&self.engine, &self.created));
        } else {
            self.replica = None;
        }
        let entries = if request.writes() { request.entries() } else { Vec::new() };
        if faults.contention && request.conflicts() {
            let touched = if request.writes() { entries.clone() } else { request.entries() };
            self.held.retain(|_, until| *until > manner.now);
            let holder = touched.iter().position(|entry| self.held.contains_key(entry));
            if let Some(position) = holder {
                return (conflict(&request, position), Vec::new());
            }
        }
        self.fresh_token(&mut request, manner.now);
        let holds = request.is_write_transaction() && manner.hold > 0;
        let (reply, usage) = self.apply(request, manner);
        if reply.status == 200 && !entries.is_empty() {
            if let Some(replica) = &mut self.replica {
                for entry in &entries {
                    let image = image(&self.engine, entry);
                    replica.note(entry.clone(), image, manner.now, faults, random);
                }
            }
            if holds && faults.contention {
                self.held.extend(entries.into_iter().map(|entry| (entry, manner.now + manner.hold)));
            }
        }
        (reply, usage)
    }

    /// The engine remembers tokens by the real clock; here they live by the virtual one.
    fn fresh_token(&mut self, request: &mut Request, now: u64) {
        let Request::TransactWrite(request) = request else {
            return;
        };
        let Some(token) = &mut request.client_request_token else {
            return;
        };
        let next = format!("token-{}", self.tokens.len());
        let lifetime = TOKEN_MINUTES * 60_000;
        let known = self.tokens.entry(token.clone()).or_insert_with(|| (now, token.clone()));
        if known.0 + lifetime <= now {
            *known = (now, next);
        }
        token.clone_from(&known.1);
    }

    /// The engine an eventually consistent read sees.
    fn reader(&mut self, request: &Request, manner: Manner) -> dynoxide::Database {
        let behind = request.reads_an_index() || (manner.stale && request.is_eventually_consistent());
        match &mut self.replica {
            Some(replica) if behind => {
                replica.catch_up(manner.now);
                replica.engine.clone()
            }
            _ => self.engine.clone(),
        }
    }

    fn apply(&mut self, request: Request, manner: Manner) -> (Reply, Vec<Usage>) {
        let reader = self.reader(&request, manner);
        match request {
            Request::CreateTable(body) => self.create_table(&body),
            Request::DescribeTable(body) => {
                let request = serde_json::from_slice(&body).expect("the SDK sends what it must");
                (answer(self.engine.describe_table(request)), Vec::new())
            }
            Request::Malformed(message) => (malformed(&message), Vec::new()),
            Request::Get(mut request) => {
                let wanted = bill(&mut request.return_consumed_capacity);
                settle(reader.get_item(*request), |reply| one(&mut reply.consumed_capacity, wanted.as_deref(), false))
            }
            Request::Query(mut request) => {
                let wanted = bill(&mut request.return_consumed_capacity);
                if manner.short_page {
                    request.limit = Some(1);
                }
                settle(reader.query(*request), |reply| one(&mut reply.consumed_capacity, wanted.as_deref(), false))
            }
            Request::Scan(mut request) => {
                let wanted = bill(&mut request.return_consumed_capacity);
                if manner.short_page {
                    request.limit = Some(1);
                }
                settle(reader.scan(*request), |reply| one(&mut reply.consumed_capacity, wanted.as_deref(), false))
            }
            Request::BatchGet(request) => batch_get(&reader, *request, manner.unprocessed),
            Request::TransactGet(mut request) => {
                let wanted = bill(&mut request.return_consumed_capacity);
                settle(self.engine.transact_get_items(*request), |reply| {
                    many(&mut reply.consumed_capacity, wanted.as_deref(), false)
                })
            }
            Request::Put(request) => self.put(*request),
            Request::Update(mut request) => {
                let entry = Entry::of(&request.table_name, &request.key);
                let wanted = bill(&mut request.return_consumed_capacity);
                let result = self.engine.update_item(*request);
                let refused = self.refused(&result, &entry, 0);
                let (reply, usage) = settle(result, |reply| one(&mut reply.consumed_capacity, wanted.as_deref(), true));
                (reply, refused.unwrap_or(usage))
            }
            Request::Delete(mut request) => {
                let entry = Entry::of(&request.table_name, &request.key);
                let wanted = bill(&mut request.return_consumed_capacity);
                let result = self.engine.delete_item(*request);
                let refused = self.refused(&result, &entry, 0);
                let (reply, usage) = settle(result, |reply| one(&mut reply.consumed_capacity, wanted.as_deref(), true));
                (reply, refused.unwrap_or(usage))
            }
            Request::BatchWrite(request) => self.batch_write(*request, manner.unprocessed),
            Request::TransactWrite(request) => self.transact_write(request),
        }
    }

    fn put(&self, mut request: PutItemRequest) -> (Reply, Vec<Usage>) {
        let entry = Entry::of(&request.table_name, &request.item);
        let size = item_size(&request.item);
        let wanted = bill(&mut request.return_consumed_capacity);
        let result = self.engine.put_item(request);
        let refused = self.refused(&result, &entry, size);
        let (reply, usage) = settle(result, |reply| one(&mut reply.consumed_capacity, wanted.as_deref(), true));
        (reply, refused.unwrap_or(usage))
    }

    /// The bill of a failed condition: the write of the larger of what is there and what was put.
    fn refused<T>(&self, result: &Result<T, DynoxideError>, entry: &Entry, put_size: usize) -> Option<Vec<Usage>> {
        let Err(DynoxideError::ConditionalCheckFailedException(..)) = result else {
            return None;
        };
        Some(vec![write_usage(entry, self.size(entry).max(put_size), 1)])
    }

    fn size(&self, entry: &Entry) -> usize {
        image(&self.engine, entry).map_or(0, |item| item_size(&item))
    }

    fn transact_write(&self, mut request: Box<TransactWriteItemsRequest>) -> (Reply, Vec<Usage>) {
        let puts: Vec<usize> =
            request.transact_items.iter().map(|item| item.put.as_ref().map_or(0, |put| item_size(&put.item))).collect();
        let wanted = bill(&mut request.return_consumed_capacity);
        let request = Request::TransactWrite(request);
        let entries = request.entries();
        let Request::TransactWrite(request) = request else { unreachable!("it was just made") };
        let result = self.engine.transact_write_items(*request);
        // A cancelled transaction is billed like one that succeeded, without the indexes.
        let canceled = matches!(result, Err(DynoxideError::TransactionCanceledException(..))).then(|| {
            let writes = entries.iter().zip(&puts);
            writes.map(|(entry, put)| write_usage(entry, self.size(entry).max(*put), 2)).collect()
        });
        let (reply, usage) = settle(result, |reply| many(&mut reply.consumed_capacity, wanted.as_deref(), true));
        (reply, canceled.unwrap_or(usage))
    }

    fn batch_write(&self, mut request: BatchWriteItemRequest, unprocessed: bool) -> (Reply, Vec<Usage>) {
        let wanted = bill(&mut request.return_consumed_capacity);
        let last = request.request_items.keys().max().cloned();
        let many_writes = request.request_items.values().map(Vec::len).sum::<usize>() > 1;
        let mut left = None;
        if let Some(table) = last.filter(|_| unprocessed && many_writes) {
            let writes = request.request_items.get_mut(&table).expect("the name is from there");
            let write = writes.pop().expect("a table is listed with its writes");
            if writes.is_empty() {
                request.request_items.remove(&table);
            }
            let put = write.put_request.map(|put| json!({ "PutRequest": { "Item": put.item } }));
            let delete = write.delete_request.map(|delete| json!({ "DeleteRequest": { "Key": delete.key } }));
            left = put.or(delete).map(|write| (table, json!([write])));
        }
        settle(self.engine.batch_write_item(request), |reply| {
            reply.unprocessed_items.extend(left);
            many(&mut reply.consumed_capacity, wanted.as_deref(), true)
        })
    }

    /// One item as it is now.
    pub(crate) fn peek(&self, table: &str, partition: &str, sort: &str) -> Option<Item> {
        let entry = Entry { table: table.to_owned(), partition: partition.to_owned(), sort: sort.to_owned() };
        image(&self.engine, &entry).map(shown)
    }

    /// Every item, in key order.
    pub(crate) fn scan(&self, table: &str) -> Vec<Item> {
        let mut items: Vec<(Entry, Item)> =
            all_items(&self.engine, table).into_iter().map(|item| (Entry::of(table, &item), shown(item))).collect();
        items.sort_by(|(one, _), (other, _)| one.cmp(other));
        items.into_iter().map(|(_, item)| item).collect()
    }

    /// Puts an item past all faults and without a bill.
    pub(crate) fn plant(&mut self, table: &str, item: Item) {
        let item = item.into_iter().map(|(name, value)| (name, stored(value))).collect();
        let request = PutItemRequest { table_name: table.to_owned(), item, ..PutItemRequest::default() };
        self.engine.put_item(request).unwrap_or_else(|error| panic!("{table} takes no such item: {error}"));
        self.replica = None;
    }
}

/// Asks the engine for the bill and returns what the caller asked for.
fn bill(mode: &mut Option<String>) -> Option<String> {
    mode.replace("INDEXES".to_owned())
}

fn batch_get(reader: &dynoxide::Database, mut request: BatchGetItemRequest, unprocessed: bool) -> (Reply, Vec<Usage>) {
    let wanted = bill(&mut request.return_consumed_capacity);
    let last = request.request_items.keys().max().cloned();
    let many_keys = request.request_items.values().map(|table| table.keys.len()).sum::<usize>() > 1;
    let mut left = None;
    if let Some(table) = last.filter(|_| unprocessed && many_keys) {
        let asked = request.request_items.get_mut(&table).expect("the name is from there");
        let key = asked.keys.pop().expect("a table is listed with its keys");
        let mut rest = json!({ "Keys": [key] });
        if let Some(consistent) = asked.consistent_read {
            rest["ConsistentRead"] = consistent.into();
        }
        if let Some(projection) = &asked.projection_expression {
            rest["ProjectionExpression"] = projection.clone().into();
        }
        if let Some(names) = &asked.expression_attribute_names {
            rest["ExpressionAttributeNames"] = json!(names);
        }
        if asked.keys.is_empty() {
            request.request_items.remove(&table);
        }
        left = Some((table, rest));
    }
    settle(reader.batch_get_item(request), |reply| {
        reply.unprocessed_keys.extend(left);
        many(&mut reply.consumed_capacity, wanted.as_deref(), false)
    })
}

fn settle<T: Serialize>(
    mut result: Result<T, DynoxideError>,
    consumed: impl FnOnce(&mut T) -> Vec<Usage>,
) -> (Reply, Vec<Usage>) {
    let usage = result.as_mut().map(consumed).unwrap_or_default();
    (answer(result), usage)
}

fn answer<T: Serialize>(result: Result<T, DynoxideError>) -> Reply {
    match result {
        Ok(value) => Reply::json(200, serde_json::to_vec(&value).expect("it is JSON"), "ok"),
        Err(error) => {
            let kind = error.error_type();
            let kind = kind.rsplit_once('#').map_or(kind, |(_, name)| name);
            let mut outcome = kind.to_owned();
            if let DynoxideError::TransactionCanceledException(_, reasons) = &error {
                let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.as_str()).collect();
                write!(outcome, " [{}]", codes.join(", ")).expect("a string takes any text");
            }
            Reply::json(error.status_code(), error.to_json().into_bytes(), &outcome)
        }
    }
}

fn malformed(message: &str) -> Reply {
    Reply::error("com.amazon.coral.validate#ValidationException", message)
}

/// What a caller sees who meets another transaction's item, the one at `position` of its own.
pub(crate) fn conflict(request: &Request, position: usize) -> Reply {
    const CONFLICT: &str = "Transaction is ongoing for the item";
    if !matches!(request, Request::TransactWrite(_) | Request::TransactGet(_)) {
        return Reply::error("com.amazonaws.dynamodb.v20120810#TransactionConflictException", CONFLICT);
    }
    let count = request.entries().len();
    let reasons: Vec<Value> = (0..count)
        .map(|index| {
            if index == position % count {
                json!({ "Code": "TransactionConflict", "Message": CONFLICT })
            } else {
                json!({ "Code": "None" })
            }
        })
        .collect();
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    let codes = codes.join(", ");
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        ),
        "CancellationReasons": reasons,
    });
    let outcome = format!("TransactionCanceledException [{codes}]");
    Reply::json(400, serde_json::to_vec(&body).expect("it is JSON"), &outcome)
}

fn one(consumed: &mut Option<ConsumedCapacity>, wanted: Option<&str>, write: bool) -> Vec<Usage> {
    let Some(mut bill) = consumed.take() else {
        return Vec::new();
    };
    let usage = usages(&bill, write);
    match wanted {
        None | Some("NONE") => {}
        Some("INDEXES") => *consumed = Some(bill),
        Some(_) => {
            bill.table = None;
            bill.global_secondary_indexes = None;
            *consumed = Some(bill);
        }
    }
    usage
}

fn many(consumed: &mut Option<Vec<ConsumedCapacity>>, wanted: Option<&str>, write: bool) -> Vec<Usage> {
    let bills = consumed.take().unwrap_or_default();
    let mut shown = Vec::new();
    let mut usage = Vec::new();
    for bill in bills {
        let mut bill = Some(bill);
        usage.extend(one(&mut bill, wanted, write));
        shown.extend(bill);
    }
    if !shown.is_empty() {
        *consumed = Some(shown);
    }
    usage
}

fn usages(bill: &ConsumedCapacity, write: bool) -> Vec<Usage> {
    let table = bill.table.iter().map(|detail| (None, detail));
    let indexes = bill.global_secondary_indexes.iter().flatten();
    let indexes = indexes.map(|(name, detail)| (Some(name.clone()), detail));
    table
        .chain(indexes)
        .map(|(index, detail)| {
            // A replayed transaction is billed as a read, and says so.
            let read = detail.read_capacity_units;
            let all_write = if read.is_some() { 0.0 } else { detail.capacity_units };
            let capacity = if write {
                Capacity {
                    read_halves: (read.unwrap_or_default() * 2.0).round() as u64,
                    write_units: detail.write_capacity_units.unwrap_or(all_write).round() as u64,
                }
            } else {
                Capacity { read_halves: (detail.capacity_units * 2.0).round() as u64, write_units: 0 }
            };
            Usage { table: bill.table_name.clone(), index, capacity }
        })
        .collect()
}

fn write_usage(entry: &Entry, size: usize, factor: u64) -> Usage {
    let kilobytes = (size as u64).div_ceil(1024).max(1);
    Usage {
        table: entry.table.clone(),
        index: None,
        capacity: Capacity { read_halves: 0, write_units: kilobytes * factor },
    }
}

fn image(engine: &dynoxide::Database, entry: &Entry) -> Option<dynoxide::Item> {
    let request = GetItemRequest {
        table_name: entry.table.clone(),
        key: entry.key(),
        consistent_read: Some(true),
        ..GetItemRequest::default()
    };
    engine.get_item(request).unwrap_or_else(|error| panic!("{entry} cannot be read: {error}")).item
}

pub(crate) fn all_items(engine: &dynoxide::Database, table: &str) -> Vec<dynoxide::Item> {
    let mut items = Vec::new();
    let mut start = None;
    loop {
        let request = ScanRequest {
            table_name: table.to_owned(),
            exclusive_start_key: start,
            consistent_read: Some(true),
            ..ScanRequest::default()
        };
        let page = engine.scan(request).unwrap_or_else(|error| panic!("{table} cannot be scanned: {error}"));
        items.extend(page.items.into_iter().flatten());
        start = page.last_evaluated_key;
        if start.is_none() {
            return items;
        }
    }
}

fn shown(item: dynoxide::Item) -> Item {
    item.into_iter().map(|(name, value)| (name, shown_value(value))).collect()
}

fn shown_value(value: Stored) -> AttributeValue {
    match value {
        Stored::S(text) => AttributeValue::S(text),
        Stored::N(number) => AttributeValue::N(number),
        Stored::B(bytes) => AttributeValue::B(Blob::new(bytes)),
        Stored::BOOL(flag) => AttributeValue::Bool(flag),
        Stored::NULL(flag) => AttributeValue::Null(flag),
        Stored::SS(set) => AttributeValue::Ss(set),
        Stored::NS(set) => AttributeValue::Ns(set),
        Stored::BS(set) => AttributeValue::Bs(set.into_iter().map(Blob::new).collect()),
        Stored::L(list) => AttributeValue::L(list.into_iter().map(shown_value).collect()),
        Stored::M(map) => AttributeValue::M(shown(map)),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK keeps this enum open")]
fn stored(value: AttributeValue) -> Stored {
    match value {
        AttributeValue::S(text) => Stored::S(text),
        AttributeValue::N(number) => Stored::N(number),
        AttributeValue::B(bytes) => Stored::B(bytes.into_inner()),
        AttributeValue::Bool(flag) => Stored::BOOL(flag),
        AttributeValue::Null(flag) => Stored::NULL(flag),
        AttributeValue::Ss(set) => Stored::SS(set),
        AttributeValue::Ns(set) => Stored::NS(set),
        AttributeValue::Bs(set) => Stored::BS(set.into_iter().map(Blob::into_inner).collect()),
        AttributeValue::L(list) => Stored::L(list.into_iter().map(stored).collect()),
        AttributeValue::M(map) => Stored::M(map.into_iter().map(|(name, value)| (name, stored(value))).collect()),
        other => panic!("an attribute of an unknown type: {other:?}"),
    }
}

/// An item as plain JSON: numbers as numbers, sets as sorted lists, bytes as base64.
pub fn plain(item: &Item) -> Value {
    item.iter().map(|(name, value)| (name.clone(), plain_value(value))).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK keeps this enum open")]
fn plain_value(value: &AttributeValue) -> Value {
    let base64 = |bytes: &Blob| base64::engine::general_purpose::STANDARD.encode(bytes.as_ref());
    let sorted = |mut list: Vec<String>| {
        list.sort();
        json!(list)
    };
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => serde_json::from_str(number).unwrap_or_else(|_| json!(number)),
        AttributeValue::B(bytes) => json!(base64(bytes)),
        AttributeValue::Bool(flag) => json!(flag),
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Ss(set) | AttributeValue::Ns(set) => sorted(set.clone()),
        AttributeValue::Bs(set) => sorted(set.iter().map(base64).collect()),
        AttributeValue::L(list) => list.iter().map(plain_value).collect(),
        AttributeValue::M(map) => plain(map),
        other => panic!("an attribute of an unknown type: {other:?}"),
    }
}
