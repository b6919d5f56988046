//! One invocation of a function: what a crash ends.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use crate::fault::Script;

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It returned.
    Done(T),
    /// It was killed in the middle of a call.
    Crashed,
}

impl<T> Outcome<T> {
    /// The value, unless it crashed.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(value) => Some(value),
            Self::Crashed => None,
        }
    }

    /// Whether it was killed.
    pub fn crashed(&self) -> bool {
        matches!(self, Self::Crashed)
    }
}

tokio::task_local! {
    static CURRENT: Arc<Invocation>;
}

/// The kill switch and call list of a running invocation.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) number: u64,
    crashed: AtomicBool,
    script: Option<Script>,
    calls: Mutex<Vec<String>>,
}

impl Invocation {
    pub(crate) fn new(number: u64, script: Option<Script>) -> Arc<Self> {
        Arc::new(Self { number, crashed: AtomicBool::new(false), script, calls: Mutex::default() })
    }

    /// The invocation whose code is running, if any.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Notes a call and returns the fault the script has for it.
    pub(crate) fn call(&self, operation: &str) -> Option<crate::fault::Fault> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let index = calls.len();
        calls.push(operation.to_owned());
        self.script.filter(|script| script.at_call == index).map(|script| script.fault)
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn crash(&self) {
        self.crashed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_crashed(&self) -> bool {
        self.crashed.load(Ordering::Relaxed)
    }

    /// Polls `work` until it ends or the switch is thrown, then drops it.
    pub(crate) async fn run<T>(self: Arc<Self>, work: impl Future<Output = T>) -> Outcome<T> {
        let mut work = pin!(CURRENT.scope(Arc::clone(&self), work));
        poll_fn(|context| {
            let state = work.as_mut().poll(context);
            // A crash happens inside a poll of `work`: whatever it returned no longer counts.
            if self.is_crashed() {
                return Poll::Ready(Outcome::Crashed);
            }
            state.map(Outcome::Done)
        })
        .await
    }
}
