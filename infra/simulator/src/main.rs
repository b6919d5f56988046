//! The simulators over HTTP (外部系统模拟服务), on loopback: the payment providers with pay pages, the province's
//! unified identity with a login page.
//!
//! `simulator --listen 127.0.0.1:PORT [--state FILE] [--secrets FILE]` serves until it is told to stop;
//! `simulator --print-secrets` prints what the platform's secret store shall hold. `--secrets` writes the same to a file.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for a terminal")]

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

mod city;
mod counter;
mod deliver;
mod keep;
mod login;
mod page;
mod serve;

const USAGE: &str = "usage: simulator --listen 127.0.0.1:PORT [--state FILE] [--secrets FILE] | --print-secrets";

/// What the command line says.
struct Options {
    listen: SocketAddr,
    state: Option<PathBuf>,
    secrets: Option<PathBuf>,
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let (mut listen, mut state, mut secrets) = (None, None, None);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--listen" => listen = Some(value.parse::<SocketAddr>()?),
            "--state" => state = Some(PathBuf::from(value)),
            "--secrets" => secrets = Some(PathBuf::from(value)),
            _ => return Err(USAGE.into()),
        }
    }
    let listen = listen.ok_or(USAGE)?;
    if !listen.ip().is_loopback() {
        return Err("the simulator's keys are public: it listens on loopback only".into());
    }
    Ok(Options { listen, state, secrets })
}

fn run() -> Result<(), Box<dyn Error>> {
    let secrets = serde_json::to_string_pretty(&simulator::secrets())?;
    if std::env::args().skip(1).eq(["--print-secrets"]) {
        println!("{secrets}");
        return Ok(());
    }
    let options = options(std::env::args().skip(1))?;
    if let Some(file) = &options.secrets {
        std::fs::write(file, secrets)?;
    }
    let keeper = keep::Keeper::open(options.state)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(serve::serve(options.listen, keeper))
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulator: {error}");
            ExitCode::FAILURE
        }
    }
}
