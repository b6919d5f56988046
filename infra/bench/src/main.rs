//! `bill-bench join BILL LEDGER`: a WeChat bill is held against a ledger, as the product's own run does it, so that
//! processor time and memory can be measured from outside. `bill-bench run BILL LEDGER`: the bill is written down and
//! hashed before, as it is when it is fetched. The ledger's lines: kind, number, transaction, merchant, school, fen.
//! Prints how many rows differ, and how.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::ExitCode;

use bill::Spool;
use domain::payment::Channel;
use domain::reconciliation::bill::RowKind;
use domain::reconciliation::book::{Book, BookError, LedgerRow, MerchantId, Standing};
use domain::reconciliation::difference::DifferenceKind;
use domain::reconciliation::matching::Matching;
use domain::{Money, Tenant};

/// Buffer between a file and its reader.
const BUFFER_BYTES: usize = 256 << 10;

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
enum BenchError {
    #[error("usage: bill-bench join|run BILL LEDGER")]
    Usage,
    #[error("file does not read")]
    File(#[from] std::io::Error),
    #[error("ledger line does not read: {0}")]
    Line(String),
    #[error(transparent)]
    Book(#[from] BookError),
    #[error(transparent)]
    Bill(#[from] bill::BillError),
}

fn main() -> ExitCode {
    match run() {
        Ok(told) => told,
        Err(error) => {
            let told = writeln!(std::io::stderr(), "{error}");
            if told.is_ok() { ExitCode::FAILURE } else { ExitCode::from(2) }
        }
    }
}

fn run() -> Result<ExitCode, BenchError> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [how, bill, ledger] = words.as_slice() else { return Err(BenchError::Usage) };
    let mut matching = Matching::new(book(ledger)?, None);
    let (totals, findings) = match how.as_str() {
        "join" => {
            let reader = BufReader::with_capacity(BUFFER_BYTES, File::open(bill)?);
            bill::hold(Channel::Wechat, reader, &mut matching)?
        }
        "run" => {
            let mut spool = Spool::new()?;
            spooled(bill, &mut spool)?;
            bill::hold(Channel::Wechat, spool.reader()?, &mut matching)?
        }
        _ => return Err(BenchError::Usage),
    };
    let mut found: BTreeMap<DifferenceKind, u64> = BTreeMap::new();
    let mut count = |kind| {
        let sum: &mut u64 = found.entry(kind).or_default();
        *sum = sum.saturating_add(1);
    };
    for finding in &findings {
        count(finding.kind);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "rows {}", totals.rows())?;
    for (kind, count) in found {
        writeln!(out, "{kind} {count}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a bill down piece by piece, as it is when it is fetched.
fn spooled(path: &str, spool: &mut Spool) -> Result<(), BenchError> {
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
    loop {
        let piece = reader.fill_buf()?;
        if piece.is_empty() {
            return Ok(());
        }
        spool.write_all(piece)?;
        let taken = piece.len();
        reader.consume(taken);
    }
}

fn book(path: &str) -> Result<Book, BenchError> {
    let mut book = Book::new(Channel::Wechat);
    let mut merchants: HashMap<String, MerchantId> = HashMap::new();
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let wrong = || BenchError::Line(String::from_utf8_lossy(&line).into_owned());
        let mut cells = line.trim_ascii_end().split(|byte| *byte == b',');
        let mut cell = || cells.next().unwrap_or_default();
        let (kind, number, transaction, merchant, school, fen) = (cell(), cell(), cell(), cell(), cell(), cell());
        let text = |cell| std::str::from_utf8(cell).map_err(|_unreadable| wrong());
        if kind != b"kind" {
            let merchant = text(merchant)?;
            let id = if let Some(id) = merchants.get(merchant) {
                *id
            } else {
                let id = book.merchant(merchant, Tenant::named(text(school)?).ok_or_else(wrong)?, None)?;
                merchants.insert(merchant.to_owned(), id);
                id
            };
            let kind = if kind == b"refund" { RowKind::Refund } else { RowKind::Payment };
            let amount = Money::from_fen(text(fen)?.parse().map_err(|_unreadable| wrong())?);
            let (number, transaction) = (text(number)?, text(transaction)?);
            book.enter(&LedgerRow { kind, number, transaction, merchant: id, amount, standing: Standing::Settled })?;
        }
        line.clear();
    }
    Ok(book)
}
