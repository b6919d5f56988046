//! Functions with their environments: what is warm is used again, what has crashed is gone.

use std::cell::{Cell, RefCell};

use axum::Router;
use edge::App;
use serde_json::Value;
use testkit::Outcome;
use testkit::stage::{Answered, Stage, send};

/// A function with the environments that are idle.
pub(super) struct Function {
    stage: Stage,
    routes: fn(App) -> Router,
    idle: RefCell<Vec<Router>>,
}

impl Function {
    pub(super) fn new(stage: &Stage, routes: fn(App) -> Router) -> Self {
        Self { stage: stage.clone(), routes, idle: RefCell::default() }
    }

    /// One invocation; none when it crashed, and its environment with it.
    pub(super) async fn invoke(&self, event: &Value) -> Option<Answered> {
        let warm = self.idle.borrow_mut().pop();
        let router = warm.unwrap_or_else(|| (self.routes)(self.stage.app()));
        match self.stage.world.run(send(&router, event)).await {
            Outcome::Done(answered) => {
                self.idle.borrow_mut().push(router);
                Some(answered)
            }
            Outcome::Crashed => None,
        }
    }
}

/// A function that a schedule or a queue calls, in one environment as long as that lives.
pub(super) struct Worker {
    stage: Stage,
    warm: RefCell<Option<App>>,
    crashes: Cell<u64>,
}

impl Worker {
    pub(super) fn new(stage: &Stage) -> Self {
        Self { stage: stage.clone(), warm: RefCell::default(), crashes: Cell::new(0) }
    }

    /// One invocation; none when it crashed. Another one at the same time has an environment of its own.
    pub(super) async fn invoke<T>(&self, work: impl AsyncFnOnce(&App) -> T) -> Option<T> {
        let app = self.warm.borrow_mut().take().unwrap_or_else(|| self.stage.app());
        match self.stage.world.run(work(&app)).await {
            Outcome::Done(done) => {
                self.warm.borrow_mut().replace(app);
                Some(done)
            }
            Outcome::Crashed => {
                self.crashes.set(self.crashes.get() + 1);
                None
            }
        }
    }

    pub(super) const fn crashes(&self) -> u64 {
        self.crashes.get()
    }
}
