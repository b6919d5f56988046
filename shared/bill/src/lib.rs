//! Bills (交易账单): a provider's file of a day, read row by row and believed only when it adds up. S35, payments §1.8 §2.2.
//!
//! Lines are read where they lie in the reader's buffer and cells where they lie in the line; a row borrows from them.
//! Columns are found by the names in the header, so that older layouts read as well. Whoever downloads a bill has
//! checked its hash.

use std::io::{BufRead, Seek};

use domain::Money;
use domain::fault::{Fault, Kind};
use domain::payment::Channel;
use domain::reconciliation::bill::{BillRow, BillTotals, ServiceFee};
use domain::reconciliation::matching::{Finding, Matching};
use domain::time::{CHINA, Moment};

pub mod alipay;
mod find;
pub mod fund_flow;
mod spool;
pub mod wechat;

pub use find::{FoundRow, find};
pub use spool::Spool;

/// Longest line of a bill.
const LONGEST_LINE_BYTES: usize = 64 << 10;

/// Why a bill is not believed.
#[derive(Debug, thiserror::Error)]
pub enum BillError {
    /// It broke off while it was read.
    #[error("bill could not be read")]
    Broken(#[source] std::io::Error),
    /// It is not the file that was kept under this hash.
    #[error("bill has another hash than it was kept under")]
    OtherHash,
    /// It is no archive of bills.
    #[error("archive of the bill does not open")]
    Archive(#[source] zip::result::ZipError),
    /// It unpacks to more than a bill of a day can be.
    #[error("bill unpacks to more than {limit} bytes")]
    TooLarge {
        /// The most it may be.
        limit: u64,
    },
    /// A line is longer than any row.
    #[error("line {line} of the bill is too long")]
    LongLine {
        /// The line, from 1.
        line: u64,
    },
    /// Each bank hands its bills over in a way of its own.
    #[error("no form of the bills of {0} is known")]
    NoForm(Channel),
    /// It has no header, or one without a column that is needed.
    #[error("bill has no column {0}")]
    NoColumn(&'static str),
    /// A row does not read.
    #[error("line {line} of the bill does not read: {column}")]
    Row {
        /// The line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// It ends without its summary: it was cut off.
    #[error("bill ends without its summary")]
    NoSummary,
    /// The rows do not add up to the summary.
    #[error("{column} of the bill is {stated} but its rows add up to {counted}")]
    Sum {
        /// The column of the summary.
        column: &'static str,
        /// What the summary says, in thousandths of a fen, or rows.
        stated: i64,
        /// What the rows say.
        counted: i64,
    },
}

impl Fault for BillError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Broken(_) | Self::OtherHash | Self::Archive(_) | Self::TooLarge { .. } => "bill/broken",
            Self::LongLine { .. } | Self::NoColumn(_) | Self::NoForm(_) | Self::Row { .. } => "bill/unreadable",
            Self::NoSummary | Self::Sum { .. } => "bill/does-not-add-up",
        }
    }
}

/// Reads the bill of a channel row by row and gives each to `take`. Only when this returns `Ok` did the rows add up: what
/// `take` has gathered until then is to be thrown away otherwise.
pub fn read(
    channel: Channel,
    reader: impl BufRead + Seek,
    take: impl FnMut(&BillRow<'_>),
) -> Result<BillTotals, BillError> {
    match channel {
        Channel::Wechat => wechat::read(reader, take),
        Channel::Alipay => alipay::read(reader, take),
        Channel::Chinaums => Err(BillError::NoForm(channel)),
    }
}

/// Holds a bill against a book while it streams past: where they differ, and what the rows add up to.
pub fn hold(
    channel: Channel,
    reader: impl BufRead + Seek,
    matching: &mut Matching,
) -> Result<(BillTotals, Vec<Finding>), BillError> {
    let mut found = Vec::new();
    let totals = read(channel, reader, |row| found.extend(matching.meet(row)))?;
    found.extend(matching.finish());
    Ok((totals, found))
}

/// Lines of a reader, each where it lies in the buffer; only one that is cut by the buffer's end is put together.
struct Lines<R> {
    reader: R,
    /// Bytes of the buffer that the last line took.
    taken: usize,
    joined: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    const fn new(reader: R) -> Self {
        Self { reader, taken: 0, joined: Vec::new(), number: 0 }
    }

    /// The next line without its end; none after the last.
    fn next(&mut self) -> Result<Option<&[u8]>, BillError> {
        self.reader.consume(self.taken);
        self.taken = 0;
        self.joined.clear();
        self.number = self.number.saturating_add(1);
        loop {
            let buffer = self.reader.fill_buf().map_err(BillError::Broken)?;
            let (length, end) = (buffer.len(), memchr::memchr(b'\n', buffer));
            if let (Some(end), true) = (end, self.joined.is_empty()) {
                self.taken = end.saturating_add(1);
                let buffer = self.reader.fill_buf().map_err(BillError::Broken)?;
                return Ok(buffer.get(..end).map(without_return));
            }
            let piece = buffer.get(..end.unwrap_or(length)).unwrap_or_default();
            if self.joined.len().saturating_add(piece.len()) > LONGEST_LINE_BYTES {
                return Err(BillError::LongLine { line: self.number });
            }
            self.joined.extend_from_slice(piece);
            self.reader.consume(end.map_or(length, |end| end.saturating_add(1)));
            if end.is_some() || length == 0 {
                let over = self.joined.is_empty() && end.is_none();
                return Ok((!over).then(|| without_return(&self.joined)));
            }
        }
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where a column stands; none: this layout has not got it.
type Place = Option<usize>;

/// The place of the first of some names in a header.
fn place(header: &[String], names: &[&str]) -> Place {
    names.iter().find_map(|name| header.iter().position(|cell| cell == name))
}

/// Names of columns end before the unit: `订单金额（元）` is `订单金额`.
fn named(cell: &str) -> String {
    let name = cell.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '`' | '\u{feff}'));
    name.split(['(', '（']).next().unwrap_or_default().to_owned()
}

/// Digits of a yuan after its point that are counted: thousandths of a fen.
const DECIMALS: usize = 5;

/// Longest amount: it cannot overflow, and no day's sum is longer.
const LONGEST_AMOUNT: usize = 13;

/// What digits after the point are worth together, by how many there are.
const WORTH: [i64; DECIMALS + 1] = [100_000, 10_000, 1_000, 100, 10, 1];

/// An amount in yuan with up to five decimals, in thousandths of a fen.
fn thousandths(text: &[u8]) -> Option<i64> {
    // Half of all amounts of a bill.
    if text == b"0.00" {
        return Some(0);
    }
    let (negative, text) = text.strip_prefix(b"-").map_or((false, text), |digits| (true, digits));
    let point = text.iter().position(|byte| *byte == b'.');
    let (whole, decimals) = text.split_at(point.unwrap_or(text.len()));
    let decimals = decimals.get(1..).unwrap_or_default();
    // More decimals than money has may say nothing.
    let (decimals, none) = decimals.split_at_checked(DECIMALS).unwrap_or((decimals, &[]));
    let usable = whole.len() <= LONGEST_AMOUNT && text.len() > usize::from(point.is_some());
    if !usable || none.iter().any(|digit| *digit != b'0') {
        return None;
    }
    let value = digits(decimals, digits(whole, 0)?)?.wrapping_mul(*WORTH.get(decimals.len())?);
    Some(if negative { value.wrapping_neg() } else { value })
}

/// Digits behind a value. So few that it cannot overflow.
fn digits(text: &[u8], value: i64) -> Option<i64> {
    text.iter().try_fold(value, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| value.wrapping_mul(10).wrapping_add(i64::from(digit)))
    })
}

/// An amount in whole fen.
fn money(text: &[u8]) -> Option<Money> {
    let thousandths = thousandths(text)?;
    (thousandths % 1_000 == 0).then(|| Money::from_fen(thousandths / 1_000))
}

/// The same without its sign: some bills write what goes back below nothing, others do not.
fn unsigned(money: Money) -> Money {
    Money::from_fen(money.fen().saturating_abs())
}

/// `2026-09-01 09:30:00`, in China.
fn moment(text: &[u8]) -> Option<Moment> {
    let digits = |from: usize, until: usize| {
        text.get(from..until)?.iter().try_fold(0i16, |value, byte| {
            let digit = byte.is_ascii_digit().then(|| i16::from(byte.wrapping_sub(b'0')))?;
            value.checked_mul(10)?.checked_add(digit)
        })
    };
    let small = |from| digits(from, from.saturating_add(2)).and_then(|value| i8::try_from(value).ok());
    let separated = |at: usize, one: u8| text.get(at) == Some(&one);
    if text.len() != 19 || !separated(4, b'-') || !separated(7, b'-') || !separated(13, b':') || !separated(16, b':') {
        return None;
    }
    let date = jiff::civil::Date::new(digits(0, 4)?, small(5)?, small(8)?).ok()?;
    let time = jiff::civil::Time::new(small(11)?, small(14)?, small(17)?, 0).ok()?;
    CHINA.to_timestamp(date.to_datetime(time)).ok().map(Moment::from)
}

/// A cell of plain letters: numbers and names of states.
fn text(cell: &[u8]) -> Option<&str> {
    std::str::from_utf8(cell).ok()
}

/// Sums of columns, as the summary has them.
#[derive(Debug, Clone, Copy, Default)]
struct Sum(i64);

impl Sum {
    const fn add(&mut self, thousandths: i64) {
        self.0 = self.0.saturating_add(thousandths);
    }

    /// Whether the summary says the same.
    fn check(self, column: &'static str, stated: i64) -> Result<(), BillError> {
        if self.0 == stated { Ok(()) } else { Err(BillError::Sum { column, stated, counted: self.0 }) }
    }
}

/// A fee as it was read.
const fn fee(thousandths: i64) -> ServiceFee {
    ServiceFee::from_thousandths(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s35_1_amounts_of_a_bill_are_exact() {
        let read = [
            ("0.01", Some(1_000)),
            ("-0.00006", Some(-6)),
            ("2", Some(200_000)),
            ("45.0", Some(4_500_000)),
            ("0.60", Some(60_000)),
            ("0.0000060", None),
            ("0.0100000", Some(1_000)),
            ("", None),
            ("-", None),
            (".", None),
            ("1.2.3", None),
            ("1,200.00", None),
            ("99999999999999999999", None),
        ];
        for (text, thousandths_of_fen) in read {
            assert_eq!(thousandths(text.as_bytes()), thousandths_of_fen, "{text}");
        }
        assert_eq!((money(b"0.015"), money(b"180.50")), (None, Some(Money::from_fen(18_050))));
    }

    #[test]
    fn s35_1_a_moment_of_a_bill_is_of_china() {
        assert_eq!(moment(b"2026-09-01 00:00:01").unwrap().to_string(), "2026-09-01T00:00:01+08:00");
        for bad in
            ["2026-09-31 00:00:00", "2026-09-01", "2026-09-01T24:00:00", "2026/09/01 00:00:00", "二〇二六-09-01 00:"]
        {
            assert_eq!(moment(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn s35_1_lines_are_whole_whatever_the_buffer() {
        let file = "first\r\nsecond line\n\nlast".as_bytes();
        for size in 1..40 {
            let mut lines = Lines::new(std::io::BufReader::with_capacity(size, file));
            let mut read = Vec::new();
            while let Some(line) = lines.next().unwrap() {
                read.push(String::from_utf8(line.to_vec()).unwrap());
            }
            assert_eq!(read, ["first", "second line", "", "last"], "{size}");
        }
        let long = vec![b'a'; LONGEST_LINE_BYTES + 1];
        let mut lines = Lines::new(std::io::BufReader::with_capacity(512, long.as_slice()));
        assert!(matches!(lines.next(), Err(BillError::LongLine { line: 1 })));
    }
}
