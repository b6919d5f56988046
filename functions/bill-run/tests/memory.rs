//! The memory of reading a bill: it does not grow with it. One test, in a process of its own, since it looks at the whole
//! process. S35.1.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "a test stops at the unexpected")]

use std::fs::{read_to_string, write};
use std::io::Write as _;

use bill::{Spool, hold};
use domain::payment::Channel;
use domain::reconciliation::bill::RowKind;
use domain::reconciliation::book::{Book, LedgerRow, Standing};
use domain::reconciliation::matching::Matching;
use domain::{Money, Tenant};

const ROWS: u32 = 200_000;

const HEADER: &str = "\u{feff}交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,\
手续费,费率,订单金额,申请退款金额,费率备注\r\n";
const SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n";

fn number(at: u32) -> String {
    format!("20261-{at:010}-01-1")
}

fn transaction(at: u32) -> String {
    format!("42000{at:023}")
}

/// The most memory the process has had since it was last set back, in bytes.
fn peak() -> u64 {
    let status = read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("kilobytes") * 1024
}

#[test]
fn s35_1_memory_does_not_grow_with_the_bill() {
    let mut book = Book::new(Channel::Wechat);
    let merchant = book.merchant("1900000201", Tenant::Platform, None).expect("room");
    for at in 0..ROWS {
        let (number, transaction) = (number(at), transaction(at));
        let row = LedgerRow {
            kind: RowKind::Payment,
            number: &number,
            transaction: &transaction,
            merchant,
            amount: Money::from_fen(10_000),
            standing: Standing::Settled,
        };
        book.enter(&row).expect("room");
    }
    let mut matching = Matching::new(book, None);

    write("/proc/self/clear_refs", "5").expect("the peak is set back");
    let before = peak();
    let mut spool = Spool::new().expect("a file");
    spool.write_all(HEADER.as_bytes()).expect("room");
    for at in 0..ROWS {
        let (number, transaction) = (number(at), transaction(at));
        write!(
            spool,
            "`2026-09-01 08:10:00,`wx8888888888888888,`1900000100,`1900000201,`,`{transaction},`{number},\
             `oUpF8uMuAJO00000000000000001,`JSAPI,`SUCCESS,`OTHERS,`CNY,`100.00,`0.00,`0,`0,`0.00,`0.00,`,`,\
             `课后服务:书法入门、围棋,`,`0.60000,`0.60%,`100.00,`0.00,`\r\n"
        )
        .expect("room");
    }
    let (sum, fees) = (format!("{ROWS}00.00"), format!("{}.00000", ROWS * 6 / 10));
    let stated = format!("`{ROWS}.0,`{sum},`0.00,`0.00,`{fees},`{sum},`0.00\r\n");
    write!(spool, "{SUMMARY}{stated}").expect("room");
    let (totals, found) =
        hold(Channel::Wechat, spool.reader().expect("a disk"), &mut matching).expect("a bill that adds up");
    assert_eq!((totals.payments, found.len()), (ROWS.into(), 0));

    let (bytes, grown) = (spool.bytes(), peak().saturating_sub(before));
    assert!(bytes > 50_000_000, "a bill of {bytes} bytes");
    assert!(grown < 4_000_000, "{grown} bytes more for a bill of {bytes}");
}
