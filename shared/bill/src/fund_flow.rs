//! Fund bill (资金账单): what a provider moved on a school's account on a day, added up without what went to the bank.
//! Payments §1.8.

use std::io::BufRead;

use domain::Money;

use crate::wechat::cells_of;
use crate::{BillError, Lines, Sum, named, place, thousandths};

/// Money that left the account for the school's bank: it says nothing about what the day came to.
const WITHDRAWN: &str = "提现";

/// What a WeChat fund bill comes to: in less out, withdrawals left aside.
pub fn read(reader: impl BufRead) -> Result<Money, BillError> {
    let mut lines = Lines::new(reader);
    let header = header(lines.next()?.ok_or(BillError::NoColumn("记账时间"))?);
    let at = |name: &'static str| place(&header, &[name]).ok_or(BillError::NoColumn(name));
    let (business, direction, amount) = (at("业务类型")?, at("收支类型")?, at("收支金额")?);
    let (mut flowed, mut income, mut expense, mut rows) = (0i64, Sum::default(), Sum::default(), 0i64);
    loop {
        let number = lines.number.saturating_add(1);
        let line = lines.next()?.ok_or(BillError::NoSummary)?;
        if line.first() != Some(&b'`') {
            let names = self::header(line);
            let stated = lines.next()?.ok_or(BillError::NoSummary)?;
            return stated_as(&names, stated, rows, income, expense).map(|()| Money::from_fen(flowed / 1_000));
        }
        let wrong = |column| BillError::Row { line: number, column };
        let cells = cells_of(line);
        let cell = |place: usize| cells.get(place).copied().unwrap_or_default();
        let moved = thousandths(cell(amount)).filter(|moved| moved % 1_000 == 0).ok_or_else(|| wrong("收支金额"))?;
        let signed = match std::str::from_utf8(cell(direction)) {
            Ok("收入") => {
                income.add(moved);
                moved
            }
            Ok("支出") => {
                expense.add(moved);
                moved.saturating_neg()
            }
            _ => return Err(wrong("收支类型")),
        };
        rows = rows.saturating_add(1);
        if cell(business) != WITHDRAWN.as_bytes() {
            flowed = flowed.saturating_add(signed);
        }
    }
}

fn header(line: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(line).split(',').map(named).collect()
}

/// Holds the rows against the summary.
fn stated_as(names: &[String], stated: &[u8], rows: i64, income: Sum, expense: Sum) -> Result<(), BillError> {
    let cells = cells_of(stated);
    let stated = |name: &str| place(names, &[name]).and_then(|place| thousandths(cells.get(place)?));
    let count = stated("资金流水总笔数").ok_or(BillError::NoSummary)?;
    Sum(rows).check("资金流水总笔数", count / 100_000)?;
    income.check("收入金额", stated("收入金额").ok_or(BillError::NoSummary)?)?;
    expense.check("支出金额", stated("支出金额").ok_or(BillError::NoSummary)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "\u{feff}记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),\
资金变更提交申请人,备注,业务凭证号\r\n";
    const ROWS: [&str; 4] = [
        "`2026-09-01 09:30:05,`42,`1,`交易,`交易,`收入,`180.00,`180.00,`system,`,`42\r\n",
        "`2026-09-01 09:30:05,`42,`2,`扣除交易手续费,`扣除交易手续费,`支出,`1.08,`178.92,`system,`,`42\r\n",
        "`2026-09-01 19:00:00,`50,`3,`退款,`退款,`支出,`40.00,`138.92,`1900000109,`,`50\r\n",
        "`2026-09-01 23:00:00,`60,`4,`提现,`提现,`支出,`138.92,`0.00,`system,`,`60\r\n",
    ];
    const SUMMARY: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n";

    #[test]
    fn s35_1_a_fund_bill_comes_to_what_was_set_down_for_the_school() {
        let bill = [HEADER, &ROWS.concat(), SUMMARY, "`4.0,`1.0,`180.00,`3.0,`180.00\r\n"].concat();
        assert_eq!(read(bill.as_bytes()).unwrap(), Money::from_fen(13_892), "what was withdrawn is left aside");
    }

    #[test]
    fn s35_1_a_fund_bill_that_does_not_add_up_is_not_believed() {
        for (rows, stated, said) in [
            (ROWS.concat(), "`3.0,`1.0,`180.00,`3.0,`180.00\r\n", "资金流水总笔数"),
            (ROWS.concat(), "`4.0,`1.0,`180.01,`3.0,`180.00\r\n", "收入金额"),
            (ROWS.concat(), "`4.0,`1.0,`180.00,`3.0,`179.00\r\n", "支出金额"),
            (ROWS.concat(), "", "without its summary"),
            (ROWS[0].replace("收入", "冻结"), "`1.0,`1.0,`180.00,`0.0,`0.00\r\n", "收支类型"),
        ] {
            let bill = [HEADER, &rows, SUMMARY, stated].concat();
            let refused = read(bill.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains(said), "{said}: {refused}");
        }
    }
}
