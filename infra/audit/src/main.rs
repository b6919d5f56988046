//! `audit verify`: says whether the audit is complete and unaltered. Ends with 0 when it is, with 1 when it is not, with
//! 2 when it cannot be told.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use audit::{AuditError, Source, Verdict};
use gateway::signer::VerifyingKey;

/// What a person asks for.
struct Asked {
    segments: Source,
    key: String,
    tables: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let told = match verify(std::env::args().skip(1)).await {
        Ok(verdict) => tell(&verdict).map(|()| ExitCode::SUCCESS),
        Err(error) => {
            let (word, code) = if error.is_finding() { ("不通过", 1) } else { ("无法校验", 2) };
            complain(word, &error).map(|()| ExitCode::from(code))
        }
    };
    // Whoever closes the pipe has seen enough.
    told.unwrap_or(ExitCode::from(2))
}

async fn verify(words: impl Iterator<Item = String>) -> Result<Verdict, AuditError> {
    let asked = read(words)?;
    let cloud = asked.tables || asked.key.starts_with("kms:") || matches!(asked.segments, Source::Bucket(_));
    let app = cloud.then(|| edge::start::command(&[])).transpose().map_err(AuditError::Environment)?;
    let key = if let (Some(key), Some(app)) = (asked.key.strip_prefix("kms:"), &app) {
        app.signer().public_key(key).await?
    } else {
        let path = PathBuf::from(&asked.key);
        let der = std::fs::read(&path).map_err(|source| AuditError::File { path, source })?;
        VerifyingKey::from_der(&der)?
    };
    audit::verify(app.as_ref(), &asked.segments, &key, asked.tables).await
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Asked, AuditError> {
    if words.next().as_deref() != Some("verify") {
        return Err(AuditError::Usage);
    }
    let (mut segments, mut key, mut tables) = (None, None, false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--segments" => segments = words.next(),
            "--public-key" => key = words.next(),
            "--tables" => tables = true,
            _ => return Err(AuditError::Usage),
        }
    }
    let (segments, key) = segments.zip(key).ok_or(AuditError::Usage)?;
    Ok(Asked { segments: Source::parse(&segments), key, tables })
}

fn tell(verdict: &Verdict) -> std::io::Result<()> {
    let head = &verdict.summary.head;
    let mut out = std::io::stdout().lock();
    writeln!(out, "通过: 共 {} 段 {} 条审计记录, 哈希链与签名全部相符", head.number, head.entries)?;
    if let Some((first, last)) = verdict.summary.first.zip(verdict.summary.last) {
        writeln!(out, "起止时间: {first} 至 {last}")?;
        writeln!(out, "末段哈希: {}", head.hash)?;
    }
    if let Some(counted) = verdict.counted {
        writeln!(
            out,
            "完整性: {} 个对象的 {} 个版本各有且仅有一条记录, 另有 {} 条登录、拒绝与查看记录; {} 条待封存",
            counted.things, counted.versions, counted.events, verdict.waiting
        )?;
    }
    Ok(())
}

fn complain(word: &str, error: &AuditError) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{word}: {error}")?;
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        writeln!(out, "  {source}")?;
        cause = source.source();
    }
    Ok(())
}
