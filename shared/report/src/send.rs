//! Sending (上报): what the city does not have yet goes there, in the order in which records refer to each other. B6.1
//! K7.1, promises P7 P8.
//!
//! | stopped after | what is left | who mends it |
//! |---|---|---|
//! | versions are written down | records on their way, a task | the message again, else `sweep`: the same under the same versions |
//! | the city has taken them | the same | the same: the city says that it has them |
//! | its receipts are written | a task | the same: nothing differs, and the task goes |

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use domain::audit::Actor;
use domain::supervision::gate::Gate;
use domain::supervision::holding::{Holding, Wanted};
use domain::supervision::receipt::{Outcome, Receipt, Refusal, RefusalKind};
use domain::supervision::thing::Thing;
use domain::supervision::{Dataset, FieldMap, Record, Rendered, SourceId};
use domain::task::{Queue, Task};
use domain::{Fault, Kind};
use gateway::ambient::Ambient;
use gateway::supervision::{Supervision, SupervisionError, batches};
use store::supervision::Delivery;
use store::{Commit, Store, StoreError, Versioned};

use crate::build::build;

/// How long new batches may be begun: whoever calls has a little more.
const BEGIN_SECONDS: i64 = 40;

/// What a look at a thing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// The city has of it what it takes.
    Done,
    /// Something of it waits: for what it refers to, or because the city said later.
    Waits,
    /// The city takes nothing now.
    Shut,
}

/// Why a thing could not be looked at to the end; it is looked at again.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "report/")]
pub enum ReportError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for ReportError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// Tells the city of things.
pub struct Reporter<'a> {
    /// The tables.
    pub store: &'a Store,
    /// The clock and the dice.
    pub ambient: &'a dyn Ambient,
    /// The city.
    pub supervision: &'a Supervision,
}

/// A thing that is being looked at.
struct Under {
    thing: Thing,
    task: Task,
    holding: Versioned<Holding>,
    sending: Vec<Record>,
    waits: bool,
    /// What the city says it lacks.
    lacking: BTreeSet<Name>,
}

/// A record's name.
type Name = (Dataset, SourceId);

impl Reporter<'_> {
    /// Looks at things, each named once, and sends what differs. What fails of one leaves the others alone.
    pub async fn look(&self, things: Vec<Thing>) -> Vec<(Thing, Result<Looked, ReportError>)> {
        let open = match self.store.gate().await {
            Ok(gate) => gate.value.is_open(self.ambient.now()),
            Err(error) => {
                // The first of them says why; the others are not begun.
                tracing::warn!(slug = error.slug(), "gate cannot be read");
                return things.into_iter().map(|thing| (thing, Err(unreached().into()))).collect();
            }
        };
        if !open {
            let mut looked = Vec::new();
            for thing in things {
                let put_back = self.put_back(&thing).await;
                looked.push((thing, put_back.map(|()| Looked::Shut).map_err(Into::into)));
            }
            return looked;
        }
        let (mut looked, mut under) = (Vec::new(), Vec::new());
        for thing in things {
            match self.prepare(&thing).await {
                Ok(ControlFlow::Continue(one)) => under.push(one),
                Ok(ControlFlow::Break(end)) => looked.push((thing, Ok(end))),
                Err(error) => looked.push((thing, Err(error.into()))),
            }
        }
        let sent = match self.hold_back(&mut under).await {
            Ok(()) => self.send(&mut under).await,
            Err(error) => Err(error),
        };
        let mut lacking = BTreeSet::new();
        for mut one in under {
            lacking.append(&mut one.lacking);
            let thing = one.thing.clone();
            let result = match &sent {
                Ok(shut) => self.conclude(one, *shut).await.map_err(Into::into),
                Err(_) => Err(unreached().into()),
            };
            looked.push((thing, result));
        }
        self.recall(&lacking).await;
        looked
    }

    async fn put_back(&self, thing: &Thing) -> Result<(), StoreError> {
        match self.store.task(Queue::Municipal, &thing.to_string()).await? {
            Some(task) => self.store.put_back_task(&task).await,
            None => Ok(()),
        }
    }

    /// Reads a thing, decides what is to be sent of it, and writes down under which versions; else why there is nothing
    /// to do: it is done, or was looked at a moment ago and waits. While whoever calls is behind, there are many messages
    /// about one thing, and only the first of them has it put off.
    async fn prepare(&self, thing: &Thing) -> Result<ControlFlow<Looked, Under>, StoreError> {
        // The task before the thing: what changes after that raises it above what is read here.
        let task = self.store.task(Queue::Municipal, &thing.to_string()).await?;
        let now = self.ambient.now();
        let task = match task {
            None => return Ok(ControlFlow::Break(Looked::Done)),
            Some(task) if task.rests(now) => return Ok(ControlFlow::Break(Looked::Waits)),
            Some(task) => task,
        };
        let built = build(self.store, thing, now).await?;
        for mention in &built.mentions {
            self.store.raise_report(mention, now).await?;
        }
        let map = self.supervision.map();
        let mut holding = self.store.holding(thing).await?;
        let before = holding.value.clone();
        let wanted = built.records.into_iter().map(|record| wanted(map, record)).collect();
        let sending = holding.value.intend(wanted, now, |gone| Some(map.render(gone).ok()?.hash));
        if holding.value != before {
            self.save(thing, &mut holding).await?;
        }
        let one = Under { thing: thing.clone(), task, holding, sending, waits: false, lacking: BTreeSet::new() };
        Ok(ControlFlow::Continue(one))
    }

    async fn save(&self, thing: &Thing, holding: &mut Versioned<Holding>) -> Result<(), StoreError> {
        let mut commit = Commit::new(Actor::system("municipal-push"), "supervision.report", self.ambient.now());
        commit.save_holding(thing, holding)?;
        self.store.commit(commit).await?;
        holding.ver = holding.ver.saturating_add(1);
        holding.created_at = holding.created_at.or(Some(self.ambient.now()));
        Ok(())
    }

    /// Keeps back what refers to a record that the city has not, and has that one's thing looked at.
    async fn hold_back(&self, under: &mut [Under]) -> Result<(), StoreError> {
        let map = self.supervision.map();
        let all = under.iter().flat_map(|one| &one.sending);
        let needs: BTreeMap<Name, Vec<Name>> = all.map(|record| (name(record), map.needs(record))).collect();
        let mut going: BTreeSet<Name> = needs.keys().cloned().collect();
        let asked: BTreeSet<Name> = needs.values().flatten().filter(|need| !going.contains(*need)).cloned().collect();
        let asked: Vec<Name> = asked.into_iter().collect();
        let known = self.store.acknowledged(&asked).await?;
        let has: BTreeSet<Name> = asked.into_iter().zip(known).filter(|(_, has)| *has).map(|(name, _)| name).collect();
        loop {
            let lacks = |name: &Name| {
                needs.get(name).into_iter().flatten().any(|need| !going.contains(need) && !has.contains(need))
            };
            let held: Vec<Name> = going.iter().filter(|name| lacks(name)).cloned().collect();
            if held.is_empty() {
                break;
            }
            for name in held {
                going.remove(&name);
            }
        }
        let (now, mut wanted) = (self.ambient.now(), BTreeSet::new());
        for one in under.iter_mut() {
            let (goes, stays): (Vec<Record>, Vec<Record>) =
                std::mem::take(&mut one.sending).into_iter().partition(|record| going.contains(&name(record)));
            one.waits = !stays.is_empty();
            one.sending = goes;
            let lacking = stays.iter().filter_map(|record| needs.get(&name(record))).flatten();
            let lacking = lacking.filter(|need| !has.contains(*need) && !going.contains(*need));
            wanted.extend(lacking.filter_map(|(dataset, id)| Thing::of(*dataset, id)));
        }
        for thing in wanted.iter().filter(|thing| under.iter().all(|one| one.thing != **thing)) {
            self.store.raise_report(thing, now).await?;
        }
        Ok(())
    }

    /// Sends all of it, what is referred to first. Returns whether the city could not be told to the end.
    async fn send(&self, under: &mut [Under]) -> Result<bool, StoreError> {
        let map = self.supervision.map();
        let records = under.iter().flat_map(|one| &one.sending);
        // What does not fit the city's form was kept back when its hash was taken.
        let mut rendered: Vec<Rendered> = records.filter_map(|record| map.render(record).ok()).collect();
        rendered.sort_by(|one, other| (one.dataset, &one.source_id).cmp(&(other.dataset, &other.source_id)));
        let mut left: Vec<&[Rendered]> = batches(&rendered);
        left.reverse();
        let until = self.ambient.now().plus_seconds(BEGIN_SECONDS);
        let mut answered = false;
        while let Some(batch) = left.pop() {
            if self.ambient.now() > until {
                return Ok(true);
            }
            match self.supervision.push(batch).await {
                Ok(receipts) => {
                    self.settle(under, receipts).await?;
                    if !std::mem::replace(&mut answered, true) {
                        self.open().await?;
                    }
                }
                // One record in it may be what it cannot read: the others are not to suffer for that.
                Err(SupervisionError::Refused(status)) => {
                    if let [record] = batch {
                        self.settle(under, vec![refused(record, status)]).await?;
                    } else {
                        let (first, second) = batch.split_at(batch.len() / 2);
                        left.extend([second, first]);
                    }
                }
                Err(error) => {
                    self.shut(&error).await?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn settle(&self, under: &mut [Under], receipts: Vec<Receipt>) -> Result<(), StoreError> {
        let now = self.ambient.now();
        for Receipt { dataset, source_id, version, outcome } in &receipts {
            for one in under.iter_mut().filter(|one| one.holding.value.held(*dataset, source_id).is_some()) {
                one.holding.value.settle((*dataset, source_id), *version, outcome.clone(), now);
                if let Outcome::Refused(Refusal { kind: RefusalKind::Dependency, .. }) = outcome {
                    let named =
                        one.sending.iter().find(|record| (record.dataset, &record.source_id) == (*dataset, source_id));
                    one.lacking.extend(named.into_iter().flat_map(|record| self.supervision.map().needs(record)));
                }
            }
        }
        let mut commit = Commit::new(Actor::system("municipal-push"), "supervision.report", now);
        commit.keep_delivery(Delivery { at: now, receipts }, self.ambient.random())?;
        self.store.commit(commit).await
    }

    /// The city answers: whatever was waited for is over.
    async fn open(&self) -> Result<(), StoreError> {
        let mut gate = self.store.gate().await?;
        if gate.value.open() { self.save_gate(&gate).await } else { Ok(()) }
    }

    /// The city does not take anything: nobody is told before it may.
    async fn shut(&self, error: &SupervisionError) -> Result<(), StoreError> {
        tracing::error!(slug = error.slug(), error = %error, "supervision system takes nothing");
        let mut gate = self.store.gate().await?;
        gate.value.shut(error.retry_after_seconds().map(i64::from), self.ambient.now());
        self.save_gate(&gate).await
    }

    async fn save_gate(&self, gate: &Versioned<Gate>) -> Result<(), StoreError> {
        let mut commit = Commit::new(Actor::system("municipal-push"), "supervision.gate", self.ambient.now());
        commit.save_gate(gate)?;
        match self.store.commit(commit).await {
            // Somebody else has found the same.
            Err(StoreError::Stale) => Ok(()),
            written => written,
        }
    }

    /// Writes down what the city said, and lets the task go if nothing of it waits.
    async fn conclude(&self, one: Under, shut: bool) -> Result<Looked, StoreError> {
        let Under { thing, task, mut holding, sending, waits, lacking: _ } = one;
        if !sending.is_empty() {
            self.save(&thing, &mut holding).await?;
        }
        let waits = waits || holding.value.is_pending();
        if waits && shut {
            // It keeps its place before what changed later.
            self.store.put_back_task(&task).await?;
            return Ok(Looked::Shut);
        }
        self.store.end_look(&task, waits, self.ambient.now()).await?;
        Ok(if waits { Looked::Waits } else { Looked::Done })
    }
}

fn name(record: &Record) -> Name {
    (record.dataset, record.source_id.clone())
}

fn wanted(map: &FieldMap, record: Record) -> Wanted {
    let hash = map.render(&record).map(|rendered| rendered.hash).map_err(|misfit| misfit.to_string());
    Wanted { record, hash }
}

/// The city refuses a request that holds nothing but this record.
fn refused(record: &Rendered, status: u16) -> Receipt {
    let refusal = Refusal {
        code: format!("http-{status}"),
        reason: "监管系统不接受该记录的请求,请联系平台运维核对接口".to_owned(),
        kind: RefusalKind::Permanent,
    };
    Receipt {
        dataset: record.dataset,
        source_id: record.source_id.clone(),
        version: record.version,
        outcome: Outcome::Refused(refusal),
    }
}

/// What stands in for a failure that was told already.
fn unreached() -> StoreError {
    StoreError::Stale
}
