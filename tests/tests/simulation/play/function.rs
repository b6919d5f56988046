//! A function as API Gateway sees it: environments that are warm, and new ones.

use std::cell::RefCell;

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
