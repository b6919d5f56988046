//! SQS: standard and FIFO queues whose messages the scenario takes out and delivers.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::connector::Reply;
use crate::fault::{Faults, happens, up_to};
use crate::trace::digest;

/// How long a taken message stays hidden: a function time-out of 15 s × 6.
pub(crate) const VISIBILITY_SECONDS: u64 = 90;

/// A FIFO queue drops a repeated deduplication id for so long.
const DEDUPLICATION_MINUTES: u64 = 5;

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The queue's name.
    pub queue: String,
    /// Given by the queue; the same for every copy.
    pub id: String,
    /// As sent.
    pub body: String,
    /// `MessageGroupId`.
    pub group: Option<String>,
    /// `MessageDeduplicationId`.
    pub deduplication: Option<String>,
    /// Message attributes of type String and Number.
    pub attributes: BTreeMap<String, String>,
    /// When the queue accepted it.
    pub sent: Timestamp,
    /// How often it was handed out, this time included.
    pub receives: u32,
    /// Names this delivery; an older delivery cannot settle it.
    pub receipt: u64,
}

struct Entry {
    message: Message,
    available: u64,
}

#[derive(Default)]
struct Queue {
    history: Vec<Message>,
    entries: Vec<Entry>,
    seen: BTreeMap<String, u64>,
}

/// All queues by name; a queue exists from its first message.
#[derive(Default)]
pub(crate) struct Queues {
    by_name: BTreeMap<String, Queue>,
    accepted: u64,
    receipts: u64,
}

/// The moment of a call in both of its clocks.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) milliseconds: u64,
    pub(crate) timestamp: Timestamp,
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

/// What a request is about: its queue and groups.
pub(crate) fn subject(request: &Value) -> String {
    let url = text(request, "QueueUrl").unwrap_or_default();
    let name = url.rsplit('/').next().unwrap_or_default();
    let entries = request.get("Entries").and_then(Value::as_array);
    let single = std::slice::from_ref(request);
    let groups: Vec<&str> = entries
        .map_or(single, Vec::as_slice)
        .iter()
        .filter_map(|entry| text(entry, "MessageDeduplicationId").or_else(|| text(entry, "MessageGroupId")))
        .collect();
    format!("{name} {}", groups.join(","))
}

impl Queues {
    pub(crate) fn serve(
        &mut self,
        operation: &str,
        request: &Value,
        moment: Moment,
        partly: bool,
        faults: &Faults,
        random: &mut Rng,
    ) -> Reply {
        let Some(url) = text(request, "QueueUrl") else {
            return Reply::error("com.amazonaws.sqs#QueueDoesNotExist", "no queue url");
        };
        let name = url.rsplit('/').next().unwrap_or_default().to_owned();
        match operation {
            "SendMessage" => match self.accept(&name, request, moment, faults, random) {
                Ok(sent) => Reply::value(&sent),
                Err(message) => Reply::error("com.amazonaws.sqs#InvalidParameterValue", &message),
            },
            "SendMessageBatch" => {
                let entries = request.get("Entries").and_then(Value::as_array).cloned().unwrap_or_default();
                if entries.is_empty() || entries.len() > 10 {
                    let kind = "com.amazonaws.sqs#TooManyEntriesInBatchRequest";
                    return Reply::error(kind, "a batch has 1 to 10 entries");
                }
                let (mut successful, mut failed) = (Vec::new(), Vec::new());
                for (index, entry) in entries.iter().enumerate() {
                    let id = text(entry, "Id").unwrap_or_default();
                    if partly && index + 1 == entries.len() {
                        failed.push(json!({ "Id": id, "SenderFault": false, "Code": "InternalError" }));
                        continue;
                    }
                    match self.accept(&name, entry, moment, faults, random) {
                        Ok(mut sent) => {
                            sent["Id"] = id.into();
                            successful.push(sent);
                        }
                        Err(message) => failed.push(json!({
                            "Id": id, "SenderFault": true,
                            "Code": "InvalidParameterValue", "Message": message,
                        })),
                    }
                }
                Reply::value(&json!({ "Successful": successful, "Failed": failed }))
            }
            other => panic!("the world has no SQS operation {other}"),
        }
    }

    fn accept(
        &mut self,
        name: &str,
        request: &Value,
        moment: Moment,
        faults: &Faults,
        random: &mut Rng,
    ) -> Result<Value, String> {
        let body = text(request, "MessageBody").unwrap_or_default();
        if body.is_empty() || body.len() > 1024 * 1024 {
            return Err("The body of a message has 1 byte to 1 MiB.".to_owned());
        }
        let fifo = name.rsplit_once('.').is_some_and(|(_, suffix)| suffix == "fifo");
        let group = text(request, "MessageGroupId").map(str::to_owned);
        let mut deduplication = text(request, "MessageDeduplicationId").map(str::to_owned);
        if fifo {
            if group.is_none() {
                return Err("The request must contain the parameter MessageGroupId.".to_owned());
            }
            // As with content-based deduplication, the body names the message where the sender does not.
            deduplication.get_or_insert_with(|| format!("{:016x}", digest(body.as_bytes())));
        }
        let queue = self.by_name.entry(name.to_owned()).or_default();
        self.accepted += 1;
        let id = format!("{:08x}-0000-4000-8000-{:012x}", digest(name.as_bytes()) as u32, self.accepted);
        let sent = json!({ "MessageId": id, "MD5OfMessageBody": "" });
        if let Some(deduplication) = deduplication.as_ref().filter(|_| fifo) {
            let window = DEDUPLICATION_MINUTES * 60_000;
            queue.seen.retain(|_, since| *since + window > moment.milliseconds);
            if queue.seen.contains_key(deduplication) {
                return Ok(sent);
            }
            queue.seen.insert(deduplication.clone(), moment.milliseconds);
        }
        let message = Message {
            queue: name.to_owned(),
            id,
            body: body.to_owned(),
            group,
            deduplication,
            attributes: attributes(request),
            sent: moment.timestamp,
            receives: 0,
            receipt: 0,
        };
        let wished = request.get("DelaySeconds").and_then(Value::as_u64).unwrap_or_default() * 1000;
        let late = |random: &mut Rng| {
            let limit = faults.message_delay_limit_milliseconds;
            if happens(random, faults.delayed_message) { up_to(random, limit) } else { 0 }
        };
        let available = moment.milliseconds + wished + late(random);
        queue.history.push(message.clone());
        if !fifo && happens(random, faults.duplicate_message) {
            let later = available + up_to(random, faults.message_delay_limit_milliseconds.max(1));
            queue.entries.push(Entry { message: message.clone(), available: later });
        }
        queue.entries.push(Entry { message, available });
        Ok(sent)
    }

    /// Hands out up to `limit` messages: any of a standard queue, the heads of free groups of a FIFO queue.
    pub(crate) fn take(
        &mut self,
        name: &str,
        limit: usize,
        now: u64,
        faults: &Faults,
        random: &mut Rng,
    ) -> Vec<Message> {
        let Some(queue) = self.by_name.get_mut(name) else {
            return Vec::new();
        };
        let mut blocked = BTreeSet::new();
        let mut lanes: Vec<Vec<usize>> = Vec::new();
        let mut lane_of: BTreeMap<String, usize> = BTreeMap::new();
        for (index, entry) in queue.entries.iter().enumerate() {
            let group = entry.message.group.clone().filter(|_| entry.message.deduplication.is_some());
            let free = entry.available <= now && group.as_ref().is_none_or(|group| !blocked.contains(group));
            if !free {
                blocked.extend(group);
                continue;
            }
            if let Some(lane) = group.as_ref().and_then(|group| lane_of.get(group)) {
                lanes[*lane].push(index);
                continue;
            }
            lane_of.extend(group.map(|group| (group, lanes.len())));
            lanes.push(vec![index]);
        }
        if faults.reordered_messages {
            random.shuffle(&mut lanes);
        }
        let chosen: Vec<usize> = lanes.into_iter().flatten().take(limit).collect();
        chosen
            .into_iter()
            .map(|index| {
                self.receipts += 1;
                let entry = &mut queue.entries[index];
                entry.available = now + VISIBILITY_SECONDS * 1000;
                entry.message.receives += 1;
                entry.message.receipt = self.receipts;
                entry.message.clone()
            })
            .collect()
    }

    fn entry(&mut self, message: &Message) -> Option<(&mut Queue, usize)> {
        let queue = self.by_name.get_mut(&message.queue)?;
        let index = queue.entries.iter().position(|entry| entry.message.receipt == message.receipt)?;
        Some((queue, index))
    }

    /// Deletes a delivered message, or fails to.
    pub(crate) fn settle(&mut self, message: &Message, now: u64, faults: &Faults, random: &mut Rng) {
        if let Some((queue, index)) = self.entry(message) {
            if happens(random, faults.duplicate_message) {
                queue.entries[index].available = now;
            } else {
                queue.entries.remove(index);
            }
        }
    }

    /// Shows a delivered message again.
    pub(crate) fn give_back(&mut self, message: &Message, now: u64) {
        if let Some((queue, index)) = self.entry(message) {
            queue.entries[index].available = now;
        }
    }

    pub(crate) fn history(&self, name: &str) -> Vec<Message> {
        self.by_name.get(name).map(|queue| queue.history.clone()).unwrap_or_default()
    }

    pub(crate) fn waiting(&self, name: &str) -> usize {
        self.by_name.get(name).map_or(0, |queue| queue.entries.len())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let waiting = self.by_name.iter().filter(|(_, queue)| !queue.entries.is_empty());
        waiting.map(|(name, _)| name.clone()).collect()
    }
}

fn attributes(request: &Value) -> BTreeMap<String, String> {
    let attributes = request.get("MessageAttributes").and_then(Value::as_object);
    attributes
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| text(value, "StringValue").map(|text| (name.clone(), text.to_owned())))
        .collect()
}

/// The event a function receives for a batch of messages.
pub fn event(messages: &[Message]) -> Value {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            let sent = message.sent.as_millisecond().to_string();
            let mut attributes = json!({
                "ApproximateReceiveCount": message.receives.to_string(),
                "ApproximateFirstReceiveTimestamp": sent,
                "SenderId": "AROAEXAMPLE",
                "SentTimestamp": sent,
            });
            if let Some(group) = &message.group {
                attributes["MessageGroupId"] = group.clone().into();
            }
            if let Some(deduplication) = &message.deduplication {
                attributes["MessageDeduplicationId"] = deduplication.clone().into();
            }
            let own: serde_json::Map<String, Value> = message
                .attributes
                .iter()
                .map(|(name, text)| {
                    let value = json!({
                        "stringValue": text, "dataType": "String",
                        "stringListValues": [], "binaryListValues": [],
                    });
                    (name.clone(), value)
                })
                .collect();
            json!({
                "messageId": message.id,
                "receiptHandle": message.receipt.to_string(),
                "body": message.body,
                "md5OfBody": "",
                "attributes": attributes,
                "messageAttributes": own,
                "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws-cn:sqs:cn-northwest-1:000000000000:{}", message.queue),
                "awsRegion": "cn-northwest-1",
            })
        })
        .collect();
    json!({ "Records": records })
}

/// A later moment.
pub(crate) fn after(start: Timestamp, milliseconds: u64) -> Timestamp {
    let passed = SignedDuration::from_millis(i64::try_from(milliseconds).expect("a scenario ends in this era"));
    start + passed
}
