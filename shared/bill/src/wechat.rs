//! WeChat Pay's bill (微信交易账单): UTF-8 with its mark, every cell of data behind a backtick, a summary at the end.
//! Payments §1.8.

use std::io::BufRead;

use domain::Moment;
use domain::reconciliation::bill::{BillRow, BillTotals, FeeRate, RowKind, RowStatus};

use crate::{BillError, Lines, Place, Sum, fee, moment, named, place, text, thousandths, unsigned};

/// Most columns of a row.
const COLUMNS: usize = 64;

/// Where the cells of a line begin and end.
type Cells = [(u32, u32); COLUMNS];

/// Where the columns stand, and in the summary what each of them adds up to.
#[derive(Debug)]
struct Layout {
    at: usize,
    sub_merchant: Place,
    transaction: usize,
    number: usize,
    state: usize,
    settled: usize,
    refund_transaction: Place,
    refund_number: Place,
    refunded: Place,
    coupon: Place,
    refund_state: Place,
    fee: Place,
    rate: Place,
    ordered: Place,
    asked_back: Place,
    columns: usize,
}

impl Layout {
    /// Reads a header. Bills made before 2018 have other names for some columns, and lack others.
    fn read(line: &[u8]) -> Result<Self, BillError> {
        let line = String::from_utf8_lossy(line);
        let header: Vec<String> = line.split(',').map(named).collect();
        let at = |names: &[&str]| place(&header, names);
        let needed =
            |name: &'static str, others: &[&str]| at(&[name]).or_else(|| at(others)).ok_or(BillError::NoColumn(name));
        Ok(Self {
            at: needed("交易时间", &[])?,
            sub_merchant: at(&["特约商户号", "子商户号"]),
            transaction: needed("微信订单号", &[])?,
            number: needed("商户订单号", &[])?,
            state: needed("交易状态", &[])?,
            settled: needed("应结订单金额", &["总金额", "订单金额"])?,
            refund_transaction: at(&["微信退款单号"]),
            refund_number: at(&["商户退款单号"]),
            refunded: at(&["退款金额"]),
            coupon: at(&["充值券退款金额", "代金券或立减优惠退款金额"]),
            refund_state: at(&["退款状态"]),
            fee: at(&["手续费"]),
            rate: at(&["费率"]),
            ordered: at(&["订单金额"]),
            asked_back: at(&["申请退款金额"]),
            columns: header.len(),
        })
    }
}

/// Sums of the columns that the summary states.
#[derive(Debug, Default)]
struct Sums {
    rows: i64,
    settled: Sum,
    refunded: Sum,
    coupon: Sum,
    fees: Sum,
    ordered: Sum,
    asked_back: Sum,
}

/// Reads a bill and gives each row to `take`.
pub fn read(reader: impl BufRead, mut take: impl FnMut(&BillRow<'_>)) -> Result<BillTotals, BillError> {
    let mut lines = Lines::new(reader);
    let layout = Layout::read(lines.next()?.ok_or(BillError::NoColumn("交易时间"))?)?;
    let (mut totals, mut sums) = (BillTotals::default(), Sums::default());
    let mut cells: Cells = [(0, 0); COLUMNS];
    loop {
        let number = lines.number.saturating_add(1);
        let line = lines.next()?.ok_or(BillError::NoSummary)?;
        if line.first() != Some(&b'`') {
            let names = line.to_vec();
            let stated = lines.next()?.ok_or(BillError::NoSummary)?;
            sums.check(&names, stated, layout.ordered.is_some())?;
            return Ok(totals);
        }
        if split(line, &mut cells) < layout.columns {
            return Err(BillError::Row { line: number, column: "列数" });
        }
        let row = Row { bytes: line, cells: &cells, layout: &layout, line: number }.read(&mut sums)?;
        totals.add(&row);
        take(&row);
    }
}

/// Cells begin with a backtick after a comma: a comma inside of one, as a name of goods may have, parts nothing. How
/// many there are.
fn split(line: &[u8], cells: &mut Cells) -> usize {
    let (mut count, mut start) = (0usize, 1u32);
    let mut end = |from: u32, until: u32| {
        if let Some(cell) = cells.get_mut(count) {
            *cell = (from, until);
            count = count.saturating_add(1);
        }
    };
    // What comes after the first byte, so that `tick` is where the comma before the backtick stands. A line is at most
    // as long as `Lines` allows.
    for tick in memchr::memchr_iter(b'`', line.get(1..).unwrap_or_default()) {
        if line.get(tick) == Some(&b',') {
            let comma = u32::try_from(tick).unwrap_or(u32::MAX);
            end(start, comma);
            start = comma.saturating_add(2);
        }
    }
    end(start, u32::try_from(line.len()).unwrap_or(u32::MAX));
    count
}

/// The cells of a line, for bills whose lines are few.
pub(crate) fn cells_of(line: &[u8]) -> Vec<&[u8]> {
    let mut cells: Cells = [(0, 0); COLUMNS];
    let count = split(line, &mut cells);
    (0..count).map(|place| cell(line, &cells, place)).collect()
}

/// A row with its columns.
struct Row<'l, 'a> {
    bytes: &'a [u8],
    cells: &'l Cells,
    layout: &'l Layout,
    line: u64,
}

impl<'a> Row<'_, 'a> {
    fn read(&self, sums: &mut Sums) -> Result<BillRow<'a>, BillError> {
        let layout = self.layout;
        let settled = self.sum(Some(layout.settled), "应结订单金额", &mut sums.settled)?;
        let refunded = self.sum(layout.refunded, "退款金额", &mut sums.refunded)?;
        self.sum(layout.coupon, "充值券退款金额", &mut sums.coupon)?;
        let fees = self.sum(layout.fee, "手续费", &mut sums.fees)?;
        let ordered = self.sum(layout.ordered, "订单金额", &mut sums.ordered)?;
        let asked_back = self.sum(layout.asked_back, "申请退款金额", &mut sums.asked_back)?;
        sums.rows = sums.rows.saturating_add(1);
        let (kind, status) = self.state()?;
        let (amount, settled, column) = match kind {
            RowKind::Payment => (layout.ordered.map_or(settled, |_| ordered), settled, "订单金额"),
            RowKind::Refund => (layout.asked_back.map_or(refunded, |_| asked_back), refunded, "退款金额"),
        };
        let whole = |thousandths: i64| {
            let fen = (thousandths % 1_000 == 0).then(|| domain::Money::from_fen(thousandths / 1_000));
            fen.map(unsigned).ok_or(BillError::Row { line: self.line, column })
        };
        let refund = |place| if kind == RowKind::Refund { self.text(place, "退款单号") } else { Ok("") };
        Ok(BillRow {
            line: self.line,
            kind,
            sub_merchant: self.text(layout.sub_merchant, "特约商户号")?,
            transaction: self.text(Some(layout.transaction), "微信订单号")?,
            number: self.text(Some(layout.number), "商户订单号")?,
            refund_number: refund(layout.refund_number)?,
            provider_refund_no: refund(layout.refund_transaction)?,
            amount: whole(amount)?,
            settled: whole(settled)?,
            fee: fee(fees),
            fee_rate: rate(self.cell(layout.rate)),
            at: self.at()?,
            status,
        })
    }

    fn at(&self) -> Result<Moment, BillError> {
        moment(self.cell(Some(self.layout.at))).ok_or(BillError::Row { line: self.line, column: "交易时间" })
    }

    /// What a row is about. What was revoked at a till went back in full.
    fn state(&self) -> Result<(RowKind, RowStatus), BillError> {
        match self.cell(Some(self.layout.state)) {
            b"SUCCESS" => Ok((RowKind::Payment, RowStatus::Done)),
            b"REFUND" | b"REVOKED" => Ok((
                RowKind::Refund,
                match self.cell(self.layout.refund_state) {
                    b"PROCESSING" => RowStatus::Processing,
                    b"FAIL" | b"CHANGE" | b"CLOSED" | b"ABNORMAL" => RowStatus::Failed,
                    _ => RowStatus::Done,
                },
            )),
            _ => Err(BillError::Row { line: self.line, column: "交易状态" }),
        }
    }

    /// The amount of a cell, in thousandths of a fen, added to the sum of its column. A layout without it has nothing.
    fn sum(&self, place: Place, column: &'static str, sum: &mut Sum) -> Result<i64, BillError> {
        if place.is_none() {
            return Ok(0);
        }
        let amount = thousandths(self.cell(place)).ok_or(BillError::Row { line: self.line, column })?;
        sum.add(amount);
        Ok(amount)
    }

    fn text(&self, place: Place, column: &'static str) -> Result<&'a str, BillError> {
        text(self.cell(place)).ok_or(BillError::Row { line: self.line, column })
    }

    fn cell(&self, place: Place) -> &'a [u8] {
        place.map_or(&[], |place| cell(self.bytes, self.cells, place))
    }
}

/// A cell of a line.
fn cell<'a>(line: &'a [u8], cells: &Cells, place: usize) -> &'a [u8] {
    let bounds =
        cells.get(place).and_then(|(from, until)| Some((usize::try_from(*from).ok()?, usize::try_from(*until).ok()?)));
    bounds.and_then(|(from, until)| line.get(from..until)).unwrap_or_default()
}

/// `0.60%` in millionths.
fn rate(cell: &[u8]) -> Option<FeeRate> {
    let hundredths = thousandths(cell.strip_suffix(b"%")?)?;
    u32::try_from(hundredths / 10).ok().map(FeeRate::from_millionths)
}

impl Sums {
    /// Holds the rows against the summary, by the names of its columns.
    fn check(&self, names: &[u8], stated: &[u8], has_orders: bool) -> Result<(), BillError> {
        let names = String::from_utf8_lossy(names);
        let header: Vec<String> = names.split(',').map(named).collect();
        let mut cells: Cells = [(0, 0); COLUMNS];
        let count = split(stated, &mut cells);
        if stated.first() != Some(&b'`') || count < header.len() {
            return Err(BillError::NoSummary);
        }
        let stated = |names: &[&str]| thousandths(cell(stated, &cells, place(&header, names)?));
        let rows = stated(&["总交易单数"]).ok_or(BillError::NoSummary)?;
        Sum(self.rows).check("总交易单数", rows / 100_000)?;
        // Bills that name both amounts of an order still say 总交易额 of the settled one.
        let settled = stated(&["应结订单总金额", "总交易额"]).ok_or(BillError::NoSummary)?;
        self.settled.check("应结订单总金额", settled)?;
        let refunded = stated(&["退款总金额", "总退款金额"]).ok_or(BillError::NoSummary)?;
        self.refunded.check("退款总金额", refunded)?;
        self.fees.check("手续费总金额", stated(&["手续费总金额"]).ok_or(BillError::NoSummary)?)?;
        if let Some(coupon) = stated(&["充值券退款总金额", "总代金券或立减优惠退款金额"]) {
            self.coupon.check("充值券退款总金额", coupon)?;
        }
        if let (Some(ordered), true) = (stated(&["订单总金额"]), has_orders) {
            self.ordered.check("订单总金额", ordered)?;
        }
        if let Some(asked_back) = stated(&["申请退款总金额"]) {
            self.asked_back.check("申请退款总金额", asked_back)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::Money;

    use super::*;

    const HEADER: &str = "\u{feff}交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,\
手续费,费率,订单金额,申请退款金额,费率备注\r\n";
    const PAYMENT: &str = "`2026-09-01 09:30:05,`wx01,`1900000100,`1900000201,`,`4200000001202609010000000001,\
`20261-7K3M9Q2XAB-01-1,`oUpF8,`JSAPI,`SUCCESS,`OTHERS,`CNY,`179.00,`1.00,`0,`0,`0.00,`0.00,`,`,`书法, 国画,`,\
`1.07000,`0.60%,`180.00,`0.00,`\r\n";
    const REFUND: &str = "`2026-09-01 19:00:00,`wx01,`1900000100,`1900000201,`,`4200000001202608010000000009,\
`20261-7K3M9Q2XAC-01-1,`oUpF8,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`50000000012026090100000001,\
`20261-7K3M9Q2XAC-01-1-R1,`40.00,`0.00,`ORIGINAL,`PROCESSING,`书法,`,`-0.24000,`0.60%,`0.00,`40.00,`\r\n";
    const SUMMARY: &str =
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n";
    const STATED: &str = "`2.0,`179.00,`40.00,`0.00,`0.83000,`180.00,`40.00\r\n";

    fn bill(parts: &[&str]) -> Vec<u8> {
        parts.concat().into_bytes()
    }

    fn refused(parts: &[&str]) -> String {
        read(bill(parts).as_slice(), |_| ()).unwrap_err().to_string()
    }

    #[test]
    fn s35_1_rows_of_a_bill_are_read_by_the_names_of_their_columns() {
        let file = bill(&[HEADER, PAYMENT, REFUND, SUMMARY, STATED]);
        for size in [7, 100, 1 << 16] {
            let mut rows = Vec::new();
            let totals = read(std::io::BufReader::with_capacity(size, file.as_slice()), |row| {
                rows.push(format!("{row:?}"));
                assert_eq!(row.line, u64::try_from(rows.len()).unwrap() + 1);
                if row.kind == RowKind::Payment {
                    assert_eq!(row.number, "20261-7K3M9Q2XAB-01-1");
                    assert_eq!(row.transaction, "4200000001202609010000000001");
                    assert_eq!((row.sub_merchant, row.refund_number), ("1900000201", ""));
                    assert_eq!((row.amount, row.settled), (Money::from_fen(18_000), Money::from_fen(17_900)));
                    assert_eq!((row.fee.thousandths(), row.fee_rate), (107_000, Some(FeeRate::from_millionths(6_000))));
                    assert_eq!(row.at.to_string(), "2026-09-01T09:30:05+08:00");
                } else {
                    assert_eq!(row.ours(), "20261-7K3M9Q2XAC-01-1-R1");
                    assert_eq!(row.provider_refund_no, "50000000012026090100000001");
                    assert_eq!((row.amount, row.status), (Money::from_fen(4_000), RowStatus::Processing));
                }
            });
            let totals = totals.unwrap();
            assert_eq!((rows.len(), totals.payments, totals.refunds), (2, 1, 1));
            assert_eq!((totals.paid.fen(), totals.refunded.fen(), totals.fees.thousandths()), (18_000, 4_000, 83_000));
        }
    }

    #[test]
    fn s35_1_a_bill_of_the_old_layout_reads_as_well() {
        let file = "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,\
总金额,代金券或立减优惠金额,微信退款单号,商户退款单号,退款金额,代金券或立减优惠退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率\n\
`2026-09-01 16:33:45,`wx01,`1900000100,`1900000201,`1000,`1001690740,`A1,`o,`JSAPI,`SUCCESS,`CFT,`CNY,`0.01,`0.0,`0,`0,`0,`0,`,`,`书法,`,`0,`0.60%\n\
总交易单数,总交易额,总退款金额,总代金券或立减优惠退款金额,手续费总金额\n`1,`0.01,`0.0,`0.0,`0\n";
        let mut seen = 0;
        let totals = read(file.as_bytes(), |row| {
            seen += 1;
            assert_eq!((row.number, row.amount, row.sub_merchant), ("A1", Money::from_fen(1), "1900000201"));
        });
        assert_eq!((seen, totals.unwrap().paid), (1, Money::from_fen(1)));
    }

    #[test]
    fn s35_1_a_bill_that_does_not_add_up_is_not_believed() {
        assert!(read(bill(&[HEADER, SUMMARY, "`0.0,`0.0,`0.0,`0.0,`0.0,`0.0,`0.0\r\n"]).as_slice(), |_| ()).is_ok());
        for (parts, said) in [
            (vec![HEADER, PAYMENT, SUMMARY, STATED], "总交易单数"),
            (vec![HEADER, PAYMENT, PAYMENT, SUMMARY, STATED], "应结订单总金额"),
            (vec![HEADER, PAYMENT, REFUND], "without its summary"),
            (vec![HEADER, PAYMENT, REFUND, SUMMARY], "without its summary"),
            (vec![HEADER, PAYMENT, REFUND, SUMMARY, "`2.0,`179.00\r\n"], "without its summary"),
            (
                vec![HEADER, PAYMENT, REFUND, SUMMARY, "`2.0,`179.00,`40.00,`0.00,`0.83001,`180.00,`40.00\r\n"],
                "手续费总金额",
            ),
            (
                vec![HEADER, PAYMENT, REFUND, SUMMARY, "`2.0,`179.00,`40.00,`0.00,`0.83000,`180.00,`40.01\r\n"],
                "申请退款总金额",
            ),
            (vec![HEADER, "`2026-09-01 09:30:05,`wx01\r\n", SUMMARY, STATED], "line 2"),
            (vec![SUMMARY, STATED], "交易时间"),
            (vec![], "交易时间"),
        ] {
            let refused = refused(&parts);
            assert!(refused.contains(said), "{said}: {refused}");
        }
        for (good, bad, said) in [
            ("180.00", "180.0O", "订单金额"),
            ("180.00", "180.001", "订单金额"),
            ("09:30:05", "09:61:05", "交易时间"),
            ("SUCCESS", "NOTPAY", "交易状态"),
        ] {
            let refused = refused(&[HEADER, &PAYMENT.replace(good, bad), REFUND, SUMMARY, STATED]);
            assert!(refused.contains(said), "{said}: {refused}");
        }
    }
}
