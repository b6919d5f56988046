//! `journey seed` brings in the data set; `journey main` lets one person of each role in, does the main job, plays a teaching
//! day and shows what the city was told of it; both in the cloud the launcher names.
#![expect(clippy::print_stderr, reason = "a program for the command line")]

use std::process::ExitCode;

use tests::{Cloud, Failure, Outcome, main_job, roles, seed, supervision, teaching};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match journey(std::env::args().nth(1).as_deref()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("journey: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn journey(part: Option<&str>) -> Outcome<()> {
    let cloud = Cloud::here()?;
    match part {
        Some("seed") => {
            seed::seed(&cloud).await?;
            seed::write_logins(&cloud).await
        }
        Some("main") => {
            roles::roles(&cloud).await?;
            main_job::main_job(&cloud).await?;
            teaching::day::of_next_family(&cloud).await?;
            supervision::reporting(&cloud, teaching::SCHOOL).await?;
            supervision::intake(&cloud).await
        }
        Some(_) | None => Err(Failure("usage: journey seed | main".to_owned())),
    }
}
