//! `conformance --base <URL> --secret <FILE> [--map <FILE>]`: runs the whole exchange against a supervision system and
//! prints the table. Ends with 0 when everything passes, with 1 when not, with 2 when nothing could be asked.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use domain::supervision::FieldMap;
use domain::supervision::map::UnsoundMap;
use edge::start::{Machine, outside};
use gateway::ambient::Ambient;
use gateway::supervision::{Supervision, SupervisionSettings, SupervisionSetupError};

/// Why nothing was asked.
#[derive(Debug, thiserror::Error)]
enum ConformanceError {
    /// The command is not understood.
    #[error("用法: conformance --base <地址> --secret <密钥文件> [--map <字段对照文件>]")]
    Usage,
    /// A file cannot be read.
    #[error("文件 {0} 无法读取")]
    File(String, #[source] std::io::Error),
    /// The secret is none.
    #[error("密钥文件内容不正确")]
    Secret(#[source] serde_json::Error),
    /// The map cannot work.
    #[error("字段对照不可用: {0}")]
    Map(UnsoundMap),
    /// The settings cannot be used.
    #[error("配置不可用: {0}")]
    Setup(SupervisionSetupError),
    /// What was found could not be printed.
    #[error("结果无法输出")]
    Output(#[source] std::io::Error),
    /// The clock of this machine is before 1970.
    #[error("本机时间不正确")]
    Clock,
}

fn read(path: &str) -> Result<String, ConformanceError> {
    std::fs::read_to_string(path).map_err(|error| ConformanceError::File(path.to_owned(), error))
}

/// What is to be asked, and with which map.
fn line(arguments: impl Iterator<Item = String>) -> Result<Supervision, ConformanceError> {
    let (mut base, mut secret, mut map) = (None, None, None);
    let mut arguments = arguments;
    while let Some(name) = arguments.next() {
        let value = Some(arguments.next().ok_or(ConformanceError::Usage)?);
        match name.as_str() {
            "--base" => base = value,
            "--secret" => secret = value,
            "--map" => map = value,
            _ => return Err(ConformanceError::Usage),
        }
    }
    let (base, secret) = base.zip(secret).ok_or(ConformanceError::Usage)?;
    let settings: SupervisionSettings = serde_json::from_str(&read(&secret)?).map_err(ConformanceError::Secret)?;
    let map = match map {
        Some(path) => FieldMap::parse(&read(&path)?).map_err(ConformanceError::Map)?,
        None => FieldMap::current().clone(),
    };
    Supervision::new(&settings, &base, Arc::new(map), outside(), Arc::new(Machine)).map_err(ConformanceError::Setup)
}

async fn run() -> Result<bool, ConformanceError> {
    let line = line(std::env::args().skip(1))?;
    // Each run's versions are above those of the last: they are tens of seconds apart and use three.
    let version = u64::try_from(Machine.now().seconds()).map_err(|_before_1970| ConformanceError::Clock)?;
    let report = conformance::run(&line, version).await;
    let mut out = std::io::stdout().lock();
    write!(out, "{report}").map_err(ConformanceError::Output)?;
    Ok(report.passes())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Where nothing can be written, the exit says it.
            let _unwritten = writeln!(std::io::stderr(), "conformance: {error}");
            ExitCode::from(2)
        }
    }
}
