//! Alipay's bill (支付宝业务明细): an archive of GB18030 texts; preface and sums stand behind a `#`, cells end with a tab.
//! Payments §2.2.
//!
//! No letter of a GB18030 character is a comma, a line end or a `#`, so that lines and cells are parted as bytes and only
//! names are decoded.

use std::io::{BufRead, BufReader, Read, Seek};

use domain::reconciliation::bill::{BillRow, BillTotals, RowKind, RowStatus};
use encoding_rs::GB18030;
use zip::ZipArchive;

use crate::{BillError, Lines, Place, Sum, fee, moment, money, named, place, text, thousandths, unsigned};

/// Most that one text of an archive unpacks to: some ten times the busiest day of a city.
const LARGEST_TEXT_BYTES: u64 = 2 << 30;

/// Buffer between the archive and the reader.
const BUFFER_BYTES: usize = 128 << 10;

/// Most columns of a row.
const COLUMNS: usize = 64;

/// The column that only the list of single facts has.
const TRANSACTION: &str = "支付宝交易号";

/// Reads an archive and gives each row of its list to `take`. The text with sums by branch of the shop is passed over.
pub fn read(archive: impl Read + Seek, mut take: impl FnMut(&BillRow<'_>)) -> Result<BillTotals, BillError> {
    let mut archive = ZipArchive::new(archive).map_err(BillError::Archive)?;
    for index in 0..archive.len() {
        let text = archive.by_index(index).map_err(BillError::Archive)?;
        if text.size() > LARGEST_TEXT_BYTES {
            return Err(BillError::TooLarge { limit: LARGEST_TEXT_BYTES });
        }
        // What an archive says of its size need not be so; what is beyond it is cut off, and misses its sums.
        let reader = BufReader::with_capacity(BUFFER_BYTES, text.take(LARGEST_TEXT_BYTES));
        if let Some(totals) = read_text(reader, &mut take)? {
            return Ok(totals);
        }
    }
    Err(BillError::NoColumn(TRANSACTION))
}

/// Reads one text; none when it is not the list of single facts.
fn read_text(reader: impl BufRead, take: &mut impl FnMut(&BillRow<'_>)) -> Result<Option<BillTotals>, BillError> {
    let mut lines = Lines::new(reader);
    let layout = loop {
        let Some(line) = lines.next()? else { return Ok(None) };
        if line.first() == Some(&b'#') || line.is_empty() {
            continue;
        }
        let header: Vec<String> = decoded(line).split(',').map(named).collect();
        if !header.iter().any(|name| name == TRANSACTION) {
            return Ok(None);
        }
        break Layout::read(&header)?;
    };
    let names = Names::new();
    let mut sums = Sums::default();
    loop {
        let number = lines.number.saturating_add(1);
        let line = lines.next()?.ok_or(BillError::NoSummary)?;
        if line.first() == Some(&b'#') {
            break;
        }
        let mut cells = [[].as_slice(); COLUMNS];
        let mut count = 0usize;
        for (place, cell) in cells.iter_mut().zip(line.split(|byte| *byte == b',')) {
            *place = cell.trim_ascii();
            count = count.saturating_add(1);
        }
        if count < layout.columns {
            return Err(BillError::Row { line: number, column: "列数" });
        }
        let row = Row { cells: &cells, layout: &layout, names: &names, line: number }.read(&mut sums)?;
        sums.totals.add(&row);
        take(&row);
    }
    sums.check(&mut lines)?;
    Ok(Some(sums.totals))
}

fn decoded(bytes: &[u8]) -> String {
    GB18030.decode_without_bom_handling(bytes).0.into_owned()
}

/// The words that say what a row is about, as they are written.
struct Names {
    payment: Vec<u8>,
    refund: Vec<u8>,
}

impl Names {
    fn new() -> Self {
        let written = |name: &str| GB18030.encode(name).0.into_owned();
        Self { payment: written("交易"), refund: written("退款") }
    }
}

/// Where the columns stand.
struct Layout {
    transaction: usize,
    number: usize,
    kind: usize,
    at: usize,
    ordered: usize,
    received: usize,
    request: Place,
    fee: Place,
    columns: usize,
}

impl Layout {
    fn read(header: &[String]) -> Result<Self, BillError> {
        let needed = |name: &'static str| place(header, &[name]).ok_or(BillError::NoColumn(name));
        Ok(Self {
            transaction: needed(TRANSACTION)?,
            number: needed("商户订单号")?,
            kind: needed("业务类型")?,
            at: needed("完成时间")?,
            ordered: needed("订单金额")?,
            received: needed("商家实收")?,
            request: place(header, &["退款批次号/请求号", "退款批次号", "退款请求号"]),
            fee: place(header, &["服务费"]),
            columns: header.len(),
        })
    }
}

/// Sums of what the shop received and gave back.
#[derive(Debug, Default)]
struct Sums {
    totals: BillTotals,
    received: Sum,
    returned: Sum,
}

/// A row with its columns.
struct Row<'l, 'a> {
    cells: &'l [&'a [u8]; COLUMNS],
    layout: &'l Layout,
    names: &'l Names,
    line: u64,
}

impl<'a> Row<'_, 'a> {
    fn read(&self, sums: &mut Sums) -> Result<BillRow<'a>, BillError> {
        let layout = self.layout;
        let wrong = |column| BillError::Row { line: self.line, column };
        let said = self.cell(Some(layout.kind));
        let kind = match said {
            said if said == self.names.payment => RowKind::Payment,
            said if said == self.names.refund => RowKind::Refund,
            _ => return Err(wrong("业务类型")),
        };
        let refund = kind == RowKind::Refund;
        let amount = money(self.cell(Some(layout.ordered))).map(unsigned).ok_or_else(|| wrong("订单金额"))?;
        let settled = money(self.cell(Some(layout.received))).map(unsigned).ok_or_else(|| wrong("商家实收"))?;
        let kept = match self.cell(layout.fee) {
            [] => 0,
            cell => thousandths(cell).ok_or_else(|| wrong("服务费"))?.saturating_abs(),
        };
        let sum = if refund { &mut sums.returned } else { &mut sums.received };
        sum.add(settled.fen().saturating_mul(1_000));
        let words = |place, column| text(self.cell(place)).ok_or_else(|| wrong(column));
        let transaction = words(Some(layout.transaction), TRANSACTION)?;
        let request = if refund { words(layout.request, "退款批次号")? } else { "" };
        Ok(BillRow {
            line: self.line,
            kind,
            sub_merchant: "",
            transaction,
            number: words(Some(layout.number), "商户订单号")?,
            refund_number: request,
            // Alipay names a refund by our request alone.
            provider_refund_no: if refund { transaction } else { "" },
            amount,
            settled,
            fee: fee(if refund { kept.saturating_neg() } else { kept }),
            fee_rate: None,
            at: moment(self.cell(Some(layout.at))).ok_or_else(|| wrong("完成时间"))?,
            status: RowStatus::Done,
        })
    }

    fn cell(&self, place: Place) -> &'a [u8] {
        place.and_then(|place| self.cells.get(place)).copied().unwrap_or_default()
    }
}

impl Sums {
    /// Holds the rows against the lines behind the list: `#交易合计：2笔，商家实收共360.00元，…`, `#退款合计：…`.
    fn check<R: BufRead>(&self, lines: &mut Lines<R>) -> Result<(), BillError> {
        let (mut payments, mut refunds) = (false, false);
        while let Some(line) = lines.next()? {
            let line = decoded(line);
            let line = line.trim_start_matches('#');
            let checked = if line.starts_with("交易合计") {
                payments = true;
                stated(line).map(|stated| (stated, self.totals.payments, self.received, "交易合计"))
            } else if line.starts_with("退款合计") {
                refunds = true;
                stated(line).map(|stated| (stated, self.totals.refunds, self.returned, "退款合计"))
            } else {
                continue;
            };
            let ((rows, sum), counted, added, column) = checked.ok_or(BillError::NoSummary)?;
            Sum(i64::try_from(counted).unwrap_or(i64::MAX)).check(column, rows)?;
            added.check(column, sum.saturating_abs())?;
        }
        if payments && refunds { Ok(()) } else { Err(BillError::NoSummary) }
    }
}

/// How many rows a line of sums states, and what they come to, in thousandths of a fen.
fn stated(line: &str) -> Option<(i64, i64)> {
    let digits = |text: &str| text.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse::<i64>().ok();
    let (rows, rest) = line.split_once('笔')?;
    let (_, sum) = rest.split_once(['共', '额'])?;
    let (sum, _) = sum.split_once('元')?;
    Some((digits(rows)?, thousandths(sum.trim().as_bytes())?))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use domain::Money;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const HEADER: &str = "#支付宝业务明细查询\r\n#账号：[20880000000000010156]\r\n\
#-----------------------------------------业务明细列表----------------------------------------\r\n\
支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,\
支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,\
退款批次号/请求号,服务费（元）,分润（元）,备注\r\n";
    const PAYMENT: &str = "2026090122001400000000000001\t,20261-7K3M9Q2XAB-01-1\t,交易\t,书法\t,2026-09-01 09:30:00,\
2026-09-01 09:30:05,\t,\t,\t,\t,欧*(138****0000)\t,180.00,180.00,0.00,0.00,0.00,0.00,0.00,\t,0.00,0.00,\t,-1.08,0.00,\t\r\n";
    const REFUND: &str = "2026083122001400000000000009\t,20261-7K3M9Q2XAC-01-1\t,退款\t,书法\t,2026-08-31 09:30:00,\
2026-09-01 19:00:00,\t,\t,\t,\t,欧*(138****0000)\t,-40.00,-40.00,0.00,0.00,0.00,0.00,0.00,\t,0.00,0.00,\
20261-7K3M9Q2XAC-01-1-R1\t,0.24,0.00,\t\r\n";
    const END: &str =
        "#-----------------------------------------业务明细列表结束------------------------------------\r\n";
    const STATED: &str = "#交易合计：1笔，商家实收共180.00元，商家优惠共0.00元\r\n\
#退款合计：1笔，商家实收退款共-40.00元，商家优惠退款共0.00元\r\n#导出时间：[2026年09月02日 09:10:00]\r\n";
    const BRANCHES: &str =
        "#支付宝业务汇总查询\r\n门店编号,门店名称,交易订单总笔数,退款订单总笔数\r\n合计\t,\t,1,1\r\n";

    fn archive(texts: &[&str]) -> Cursor<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (number, text) in texts.iter().enumerate() {
            zip.start_file(format!("{number}.csv"), SimpleFileOptions::default()).unwrap();
            zip.write_all(&GB18030.encode(text).0).unwrap();
        }
        zip.finish().unwrap()
    }

    fn refused(parts: &[&str]) -> String {
        read(archive(&[&parts.concat()]), |_| ()).unwrap_err().to_string()
    }

    #[test]
    fn s35_1_the_list_of_an_archive_is_read_by_the_names_of_its_columns() {
        // What goes back is written below nothing, or not: what counts is what the row says it is about.
        for refund in [REFUND.to_owned(), REFUND.replace("-40.00", "40.00")] {
            let list = [HEADER, PAYMENT, &refund, END, STATED].concat();
            let mut rows = 0;
            let totals = read(archive(&[BRANCHES, &list]), |row| {
                rows += 1;
                assert_eq!(row.line, rows + 4);
                match row.kind {
                    RowKind::Payment => {
                        assert_eq!((row.ours(), row.amount), ("20261-7K3M9Q2XAB-01-1", Money::from_fen(18_000)));
                        assert_eq!(row.at.to_string(), "2026-09-01T09:30:05+08:00");
                        assert_eq!((row.fee.thousandths(), row.sub_merchant), (108_000, ""));
                    }
                    RowKind::Refund => {
                        assert_eq!((row.ours(), row.amount), ("20261-7K3M9Q2XAC-01-1-R1", Money::from_fen(4_000)));
                        assert_eq!((row.fee.thousandths(), row.number), (-24_000, "20261-7K3M9Q2XAC-01-1"));
                    }
                }
            });
            let totals = totals.unwrap();
            assert_eq!((rows, totals.paid.fen(), totals.refunded.fen()), (2, 18_000, 4_000));
        }
    }

    #[test]
    fn s35_1_an_archive_that_does_not_add_up_is_not_believed() {
        let empty = "#交易合计：0笔，商家实收共0.00元，商家优惠共0.00元\n#退款合计：0笔，商家实收退款共0.00元，商家优惠退款共0.00元\n";
        assert!(read(archive(&[&[HEADER, END, empty].concat()]), |_| ()).is_ok());
        for (parts, said) in [
            (vec![HEADER, PAYMENT, REFUND], "without its summary"),
            (vec![HEADER, PAYMENT, REFUND, END], "without its summary"),
            (vec![HEADER, PAYMENT, END, STATED], "退款合计"),
            (vec![HEADER, PAYMENT, PAYMENT, REFUND, END, STATED], "交易合计"),
            (vec![HEADER, "2026\t,a\t,交易\r\n", END, STATED], "列数"),
            (vec![BRANCHES], TRANSACTION),
        ] {
            let refused = refused(&parts);
            assert!(refused.contains(said), "{said}: {refused}");
        }
        let other = PAYMENT.replace("180.00", "180.10");
        assert!(refused(&[HEADER, &other, REFUND, END, STATED]).contains("交易合计"));
        assert!(refused(&[HEADER, &PAYMENT.replace("交易", "转账"), REFUND, END, STATED]).contains("业务类型"));
        assert!(matches!(read(Cursor::new(b"no archive"), |_| ()), Err(BillError::Archive(_))));
    }
}
