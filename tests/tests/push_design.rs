//! The design of the push (数据上报设计模型), every schedule of it: one thing that changes, its entry and task, the queue,
//! two workers that may crash, a network that may deliver late, the city. Each state that can be reached is looked at;
//! designs that differ from ours in one point are found to lose something. P7 P8.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "a test that meets the unexpected should stop at once; its figures are what it is run for"
)]

use std::collections::{HashSet, VecDeque};

/// How often the thing changes.
const CHANGES: u8 = 2;
/// Crashes, lost messages and late requests of a schedule, in all.
const ACCIDENTS: u8 = 2;
/// Messages there are at most at a time.
const MESSAGES: u8 = 2;

/// Takes note of a state that may follow: what is done to reach it.
type Then<'a> = dyn FnMut(&dyn Fn(&mut State)) + 'a;

/// In what a design of the push may differ.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a point of the design of its own")]
struct Design {
    /// A thing is looked at by one worker at a time (FIFO group).
    one_at_a_time: bool,
    /// A message stays hidden for as long as its worker may work.
    long_visibility: bool,
    /// A change leaves a task; else it is carried by one message of a stream alone.
    tasks: bool,
    /// What is due is woken for again.
    sweeper: bool,
    /// A task goes only if it is still the one that was read.
    conditional_clear: bool,
    /// Versions are written down, on the condition of the holding, before a record is sent under them.
    intent: bool,
    /// The city ignores what is not above the version it has.
    guard: bool,
    /// What the city calls old is looked at: it may have been told something else under that version.
    reads_old: bool,
    /// Requests may arrive after their sender has given up.
    late_requests: bool,
}

/// Ours.
const OURS: Design = Design {
    one_at_a_time: true,
    long_visibility: true,
    tasks: true,
    sweeper: true,
    conditional_clear: true,
    intent: true,
    guard: true,
    reads_old: true,
    late_requests: true,
};

/// A version and what it says: the state of the thing after so many changes.
type Said = (u8, u8);

/// What is known of the city.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Holding {
    revision: u8,
    last: u8,
    sent: Option<Said>,
    acknowledged: Option<Said>,
}

/// How far a worker has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Phase {
    Idle,
    Woken,
    HasTask { wanted: u8 },
    HasRead { wanted: u8, says: u8, holding: Holding },
    Sending { wanted: u8, said: Said, revision: u8 },
    Answered { wanted: u8, said: Said, revision: u8, city: Said },
    Clearing { wanted: u8 },
}

/// Everything at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    thing: u8,
    entry: bool,
    task: Option<u8>,
    visible: u8,
    hidden: u8,
    holding: Holding,
    city: Option<Said>,
    workers: [Phase; 2],
    late: Option<Said>,
    accidents: u8,
}

impl State {
    const BEGIN: Self = Self {
        thing: 0,
        entry: false,
        task: None,
        visible: 0,
        hidden: 0,
        holding: Holding { revision: 0, last: 0, sent: None, acknowledged: None },
        city: None,
        workers: [Phase::Idle; 2],
        late: None,
        accidents: ACCIDENTS,
    };

    /// The city takes what arrives, if it does; what it has then.
    fn take(&mut self, said: Said, design: Design) -> Said {
        match self.city {
            Some(has) if design.guard && has.0 >= said.0 => has,
            Some(_) | None => {
                self.city = Some(said);
                said
            }
        }
    }

    fn give_back(&mut self, worker: usize) {
        self.workers[worker] = Phase::Idle;
        // A message that had become visible meanwhile lies in the queue already.
        if self.hidden > 0 {
            self.hidden -= 1;
            self.visible += 1;
        }
    }

    fn done(&mut self, worker: usize) {
        self.workers[worker] = Phase::Idle;
        self.hidden = self.hidden.saturating_sub(1);
    }

    /// What can happen next.
    fn next(&self, design: Design) -> Vec<Self> {
        let mut all = Vec::new();
        let mut then = |change: &dyn Fn(&mut Self)| {
            let mut state = self.clone();
            change(&mut state);
            all.push(state);
        };
        if self.thing < CHANGES {
            then(&|state| {
                state.thing += 1;
                state.entry = true;
            });
        }
        if self.entry && self.visible + self.hidden < MESSAGES {
            then(&|state| {
                state.entry = false;
                if design.tasks {
                    state.task = Some(state.thing.max(state.task.unwrap_or_default()));
                }
                if !design.tasks || !design.sweeper {
                    state.visible += 1;
                }
            });
        }
        if design.tasks && design.sweeper && self.task.is_some() && self.visible + self.hidden < MESSAGES {
            then(&|state| state.visible += 1);
        }
        if self.visible > 0 && self.accidents > 0 {
            then(&|state| {
                state.visible -= 1;
                state.accidents -= 1;
            });
        }
        if self.hidden > 0 && !design.long_visibility && self.visible < MESSAGES {
            then(&|state| {
                state.hidden -= 1;
                state.visible += 1;
            });
        }
        if let Some(late) = self.late {
            then(&|state| {
                state.late = None;
                state.take(late, design);
            });
        }
        for worker in 0..self.workers.len() {
            self.work(worker, design, &mut then);
        }
        all
    }

    /// What a worker may do next.
    fn work(&self, worker: usize, design: Design, then: &mut Then<'_>) {
        let phase = self.workers[worker];
        if phase != Phase::Idle && self.accidents > 0 {
            then(&|state| {
                state.accidents -= 1;
                if design.tasks {
                    state.give_back(worker);
                } else {
                    // A stream tries so often, and then lets it go.
                    state.done(worker);
                }
            });
        }
        match phase {
            Phase::Idle => {
                if self.visible > 0 && (!design.one_at_a_time || self.hidden == 0) {
                    then(&|state| {
                        state.visible -= 1;
                        state.hidden += 1;
                        state.workers[worker] = Phase::Woken;
                    });
                }
            }
            Phase::Woken => then(&|state| match state.task {
                None if design.tasks => state.done(worker),
                task => state.workers[worker] = Phase::HasTask { wanted: task.unwrap_or_default() },
            }),
            Phase::HasTask { wanted } => then(&|state| {
                state.workers[worker] = Phase::HasRead { wanted, says: state.thing, holding: state.holding };
            }),
            Phase::HasRead { wanted, says, holding } => {
                then(&|state| state.intend(worker, (wanted, says), holding, design));
            }
            Phase::Sending { wanted, said, revision } => {
                then(&|state| {
                    let city = state.take(said, design);
                    state.workers[worker] = Phase::Answered { wanted, said, revision, city };
                });
                if design.late_requests && self.late.is_none() && self.accidents > 0 {
                    then(&|state| {
                        state.accidents -= 1;
                        state.late = Some(said);
                        state.give_back(worker);
                    });
                }
            }
            Phase::Answered { wanted, said, revision, city } => {
                then(&|state| {
                    state.settle(worker, (wanted, said), revision, if design.reads_old { city } else { said });
                });
            }
            Phase::Clearing { wanted } => then(&|state| {
                if !design.conditional_clear || state.task == Some(wanted) {
                    state.task = None;
                }
                state.done(worker);
            }),
        }
    }

    /// Decides what is sent under which version, and writes it down.
    fn intend(&mut self, worker: usize, (wanted, says): (u8, u8), read: Holding, design: Design) {
        if read.sent.is_none() && read.acknowledged.is_some_and(|(_, has)| has == says) {
            self.workers[worker] = Phase::Clearing { wanted };
            return;
        }
        let known = read.sent.filter(|(version, said)| *said == says && *version == read.last);
        let said = known.unwrap_or((read.last + 1, says));
        if !design.intent {
            let version = read.acknowledged.map_or(1, |(version, _)| version + 1);
            self.workers[worker] = Phase::Sending { wanted, said: (version, says), revision: read.revision };
            return;
        }
        if self.holding.revision != read.revision {
            return self.give_back(worker);
        }
        self.holding.revision += 1;
        (self.holding.last, self.holding.sent) = (said.0, Some(said));
        self.workers[worker] = Phase::Sending { wanted, said, revision: self.holding.revision };
    }

    /// Writes down what the city has said.
    fn settle(&mut self, worker: usize, (wanted, said): (u8, Said), revision: u8, city: Said) {
        if self.holding.revision != revision {
            return self.give_back(worker);
        }
        self.holding.revision += 1;
        self.holding.sent = None;
        self.holding.last = self.holding.last.max(said.0).max(city.0);
        if city.1 == said.1 {
            self.holding.acknowledged = Some((city.0, said.1));
            self.workers[worker] = Phase::Clearing { wanted };
        } else {
            self.give_back(worker);
        }
    }
}

/// Looks at every state; how many there are, or the first in which everything has stopped and the city is not told.
fn explore(design: Design) -> Result<usize, State> {
    let mut seen: HashSet<State> = HashSet::from([State::BEGIN]);
    let mut open = VecDeque::from([State::BEGIN]);
    while let Some(state) = open.pop_front() {
        let next = state.next(design);
        if next.is_empty() {
            let told = state.city.map(|(_, says)| says) == Some(CHANGES) && state.task.is_none();
            if !told {
                return Err(state);
            }
        }
        for state in next {
            // Revisions and versions only rise: a schedule that goes on giving back is cut.
            if state.holding.revision < 12 && seen.insert(state.clone()) {
                open.push_back(state);
            }
        }
    }
    Ok(seen.len())
}

#[test]
fn p7_p8_k7_1_in_every_schedule_of_the_push_the_city_is_told() {
    let states = explore(OURS).unwrap_or_else(|state| panic!("not told: {state:?}"));
    println!("push design: {states} states, in each that stops the city has the last version");
    // What the version guard of the city makes safe: neither two workers nor a message that comes too early hurt.
    for design in [Design { one_at_a_time: false, ..OURS }, Design { long_visibility: false, ..OURS }] {
        explore(design).unwrap_or_else(|state| panic!("not told by {design:?}: {state:?}"));
    }
}

#[test]
fn p7_p8_k7_1_each_design_that_lacks_a_point_is_found() {
    let calm = Design { late_requests: false, ..OURS };
    let bare = Design { guard: false, intent: false, ..calm };
    let wrong = [
        ("a standard queue, and a city without versions", Design { one_at_a_time: false, ..bare }),
        ("nobody sweeps", Design { sweeper: false, ..calm }),
        ("a task goes whatever it wants by now", Design { conditional_clear: false, ..calm }),
        ("a message is seen again before its worker has ended", Design { long_visibility: false, ..bare }),
        ("a stream that gives up after so many tries", Design { tasks: false, ..calm }),
        ("a request that arrives after its sender has given up", Design { late_requests: true, guard: false, ..OURS }),
        (
            "versions are not written down, and what is called old is believed",
            Design { intent: false, reads_old: false, ..OURS },
        ),
    ];
    for (name, design) in wrong {
        let state = explore(design).expect_err(name);
        println!("push design: {name}: {state:?}");
    }
}
