//! Conformance (接口对接自检): the whole exchange with a supervision system, data set by data set, as a table of what passes.
//! B5.1 B6.1.
//!
//! What it reports are the sample records of one fictive school, under versions that rise with the clock; at its end they
//! are gone again, so that it can be run against any supervision system and as often as one likes.

mod reported;
mod table;
mod told;

use domain::fault::Fault;
use domain::supervision::{Dataset, Inbound};
use gateway::supervision::Supervision;
use strum::VariantArray as _;

pub use table::{Cell, Report};

/// What is looked at of a data set that is reported, in this order.
pub const REPORTED: [&str; 8] = ["生成", "依赖", "上报", "重报", "旧版本", "查询", "核对", "删除"];
/// What is looked at of a data set that is received.
pub const RECEIVED: [&str; 3] = ["拉取", "格式", "字段"];

/// Runs the whole exchange. `version` has to be higher than that of any run before.
pub async fn run(line: &Supervision, version: u64) -> Report {
    let mut report = Report::default();
    let mut reported = reported::Reported::new(line, version);
    for (step, name) in reported::STEPS.into_iter().zip(REPORTED) {
        let found = reported.step(step).await;
        for dataset in Dataset::VARIANTS {
            report.note(dataset.chinese(), name, found.of(*dataset));
        }
    }
    for inbound in Inbound::VARIANTS {
        let cells = told::look(line, *inbound).await;
        for (name, cell) in RECEIVED.into_iter().zip(cells) {
            report.note(inbound.chinese(), name, cell);
        }
    }
    report
}

/// What a fault is called in the table.
fn words(error: &impl Fault) -> String {
    format!("{} ({error})", error.slug())
}
