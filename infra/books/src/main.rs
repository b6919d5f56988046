//! `books trial-balance`: adds the journal up, school by school and day by day. Ends with 0 when debits equal credits and
//! what lies at the providers is what was paid less what went back, with 1 when not, with 2 when it cannot be told.

use std::io::Write;
use std::process::ExitCode;

use domain::id::SchoolCode;
use domain::journal::Account;
use domain::reconciliation::trial::{Trial, TrialError, trial};
use edge::App;
use jiff::ToSpan as _;
use jiff::civil::Date;
use store::StoreError;

/// Days that are added up when none is named.
const DAYS: i64 = 31;

/// Why nothing is told, or what is not in order.
#[derive(Debug, thiserror::Error)]
enum BooksError {
    /// The command is not understood.
    #[error("用法: books trial-balance [--school <学校标识码>] [--day <日期>]")]
    Usage,
    /// The command has no tables to read.
    #[error("缺少访问数据表的环境变量")]
    Environment(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The tables.
    #[error("数据表无法读取")]
    Store(#[from] StoreError),
    /// A day does not add up.
    #[error("{school} {day}: {error}")]
    Day {
        /// The school.
        school: SchoolCode,
        /// The day.
        day: Date,
        /// Where.
        error: TrialError,
    },
    /// What was found could not be printed.
    #[error("结果无法输出")]
    Output(#[from] std::io::Error),
}

/// What a person asks for.
struct Asked {
    school: Option<SchoolCode>,
    day: Option<Date>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(std::env::args().skip(1)).await else { return ExitCode::SUCCESS };
    let (word, code) = if matches!(error, BooksError::Day { .. }) { ("不平", 1) } else { ("无法试算", 2) };
    let mut told = writeln!(std::io::stdout(), "{word}: {error}");
    let mut cause = std::error::Error::source(&error);
    while let (Some(source), true) = (cause, told.is_ok()) {
        told = writeln!(std::io::stdout(), "  {source}");
        cause = source.source();
    }
    // Whoever closes the pipe has seen enough.
    if told.is_ok() { ExitCode::from(code) } else { ExitCode::from(2) }
}

async fn run(words: impl Iterator<Item = String>) -> Result<(), BooksError> {
    let asked = read(words)?;
    let app = edge::start::command(&[]).map_err(BooksError::Environment)?;
    let mut schools = match asked.school {
        Some(school) => vec![school],
        None => app.store().schools().await?.into_iter().map(|school| school.value.code).collect(),
    };
    schools.sort();
    let today = app.now().day();
    let last = (0..DAYS).rev().filter_map(|back| today.checked_sub(back.days()).ok());
    let days: Vec<Date> = asked.day.map_or_else(|| last.collect(), |day| vec![day]);
    let (mut facts, mut added) = (0u64, 0u64);
    for school in schools {
        for day in &days {
            let trial = balance(&app, &school, *day).await?;
            if trial.facts > 0 {
                tell(&school, *day, &trial)?;
                (facts, added) = (facts.saturating_add(trial.facts), added.saturating_add(1));
            }
        }
    }
    writeln!(std::io::stdout(), "试算平衡: {added} 个校日 {facts} 笔资金记录, 借贷相等, 通道待结算与收退之差相符")?;
    Ok(())
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Asked, BooksError> {
    if words.next().as_deref() != Some("trial-balance") {
        return Err(BooksError::Usage);
    }
    let mut asked = Asked { school: None, day: None };
    while let Some(word) = words.next() {
        let value = words.next().ok_or(BooksError::Usage)?;
        match word.as_str() {
            "--school" => asked.school = Some(value.parse().map_err(|_unreadable| BooksError::Usage)?),
            "--day" => asked.day = Some(value.parse().map_err(|_unreadable| BooksError::Usage)?),
            _ => return Err(BooksError::Usage),
        }
    }
    Ok(asked)
}

async fn balance(app: &App, school: &SchoolCode, day: Date) -> Result<Trial, BooksError> {
    let entries = app.store().journal_of(school, day).await?;
    trial(&entries).map_err(|error| BooksError::Day { school: school.clone(), day, error })
}

fn tell(school: &SchoolCode, day: Date, trial: &Trial) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    write!(out, "{school} {day} 借 {} 贷 {} 已收 {} 已退 {}", trial.debits, trial.credits, trial.paid, trial.refunded)?;
    for account in [Account::ChannelClearing, Account::OrderPrepaid, Account::RefundPayable] {
        write!(out, " {} {}", account.chinese(), trial.balance(account))?;
    }
    writeln!(out)
}
