//! The audit of the local cloud: sealed by the function with its role, verified by the command a person runs. P9.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tests::{Failure, Outcome, ensure};

use crate::scene::Scene;

/// The binary beside this test's own.
fn audit() -> Outcome<PathBuf> {
    let here = std::env::current_exe().map_err(|error| Failure::of("no name of this test", &error))?;
    let folder = here.ancestors().find(|folder| folder.join("audit").is_file());
    folder.map(|folder| folder.join("audit")).ok_or_else(|| Failure("the binary audit is not built".to_owned()))
}

/// Verifies the segments only: others go on writing to the tables meanwhile.
fn verify(scene: &Scene, key: &str) -> Outcome<Output> {
    let segments = format!("s3://{}", scene.cloud.audit_bucket);
    let words = ["verify", "--segments", &segments, "--public-key", key];
    let run = Command::new(audit()?).args(words).env("TABLE_PREFIX", &scene.cloud.stack).output();
    run.map_err(|error| Failure::of("audit does not run", &error))
}

#[tokio::test]
async fn k4_2_p9_what_was_done_is_sealed_and_verified() -> Outcome<()> {
    let scene = Scene::at("3144200604").await?;
    let order = scene.enroll().await?;
    // The archive drains what the record carries, or the sweep wakes it to do so.
    let thing = format!("enrollments#STUDENT#{}#TERM#{}", scene.child.student_id, tests::dataset::TERM);
    tests::client::until("drained", 300, async || {
        scene.aws.sweep().await?;
        let entries = scene.aws.partition("audit", &thing).await?;
        Ok((!entries.is_empty()).then_some(()))
    })
    .await?;
    tests::client::until("sealed", 300, async || {
        let report: Value = scene.aws.seal().await?;
        Ok((report["segments"] == 0).then_some(()))
    })
    .await?;
    let told = verify(&scene, &format!("kms:{}", scene.cloud.signing_key))?;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    ensure(told.status.code() == Some(0) && text.starts_with("通过"), || format!("{}: {text}", order.order_no))?;
    let none = verify(&scene, "no-such-file")?;
    ensure(none.status.code() == Some(2), || format!("without a key it ends with {:?}", none.status))
}
