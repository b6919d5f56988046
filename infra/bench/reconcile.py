"""What reconciliation costs: a WeChat bill of a million rows held against a ledger of a million facts, by the product's
own reader and matching and, beside it, by DuckDB as a full outer join of the same files. Both have to find the same. What
a run costs from the download on, with the bill written down and hashed before, is reported with it. One JSON line for
each figure. Linux only."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS = 1_000_000
SCHOOLS = 300
RUNS = 3
TARGET_CPU = 0.6
TARGET_MEMORY = 0.25

HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"

COLUMNS = [f"c{at}" for at in range(27)]
QUERY = """
WITH theirs AS (
    SELECT c9 = '`REFUND' AS refund, substr(CASE WHEN c9 = '`REFUND' THEN c15 ELSE c6 END, 2) AS number,
           substr(c3, 2) AS merchant, substr(c5, 2) AS transaction,
           CAST(CAST(substr(CASE WHEN c9 = '`REFUND' THEN c25 ELSE c24 END, 2) AS DECIMAL(18, 2)) * 100 AS BIGINT) AS fen
    FROM read_csv('{bill}', header = true, auto_detect = false, delim = ',', quote = '', escape = '',
                  columns = {columns}, ignore_errors = true, new_line = '\\r\\n')
    WHERE c0 LIKE '`%'
), ours AS (
    SELECT kind = 'refund' AS refund, number, transaction, merchant, fen
    FROM read_csv('{ledger}', header = true, auto_detect = false, delim = ',', quote = '', escape = '', columns =
                  {{'kind': 'VARCHAR', 'number': 'VARCHAR', 'transaction': 'VARCHAR', 'merchant': 'VARCHAR',
                    'school': 'VARCHAR', 'fen': 'BIGINT'}})
), joined AS (
    SELECT CASE WHEN ours.number IS NULL AND theirs.refund THEN 'refund_external'
                WHEN ours.number IS NULL THEN 'missing_local'
                WHEN theirs.number IS NULL THEN 'missing_provider'
                WHEN ours.merchant <> theirs.merchant THEN 'account_mismatch'
                WHEN ours.fen <> theirs.fen THEN 'amount_mismatch' END AS found
    FROM ours FULL OUTER JOIN theirs ON ours.refund = theirs.refund AND ours.number = theirs.number
)
SELECT found, count(*) FROM joined WHERE found IS NOT NULL GROUP BY found ORDER BY found
"""


def figure(name: str, value: float, unit: str, target: str) -> None:
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "target": target}), flush=True)


def make(folder: Path) -> tuple[Path, Path]:
    """The two files: nine payments and a refund of every ten, and a difference here and there."""
    dice = random.Random(20_260_901)
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    bill, ledger = folder / "bill.csv", folder / "ledger.csv"
    kept = settled = refunded = fees = 0
    with bill.open("w", encoding="utf-8", newline="") as rows, ledger.open("w", encoding="utf-8") as facts:
        rows.write(f"\ufeff{HEADER}\r\n")
        facts.write("kind,number,transaction,merchant,school,fen\n")
        for at in range(ROWS):
            school, refund, fen = at % SCHOOLS, at % 10 == 9, dice.randrange(5_000, 200_000, 50)
            pupil = "".join(dice.choices(letters, k=10))
            payment = f"20261-{pupil}-{at % 9 + 1:02}-{at % 3 + 1}"
            number = f"{payment}-R1" if refund else payment
            transaction = f"42000{at:06}20260901{dice.randrange(10**9):09}"
            merchant, ours = f"19{school:08}", fen + (at % 9_973 == 0)
            if at % 9_967:
                kind = "refund" if refund else "payment"
                home = f"19{(school + (at % 9_949 == 0)) % SCHOOLS:08}"
                facts.write(f"{kind},{number},{transaction},{home},{3_144_200_000 + school},{ours}\n")
            if at % 9_941 == 0:
                continue
            fee = 0 if refund else (fen * 6 + 500) // 1000
            kept, fees = kept + 1, fees + fee
            settled, refunded = settled + (0 if refund else fen), refunded + (fen if refund else 0)
            paid, back = ("0.00", yuan(fen)) if refund else (yuan(fen), "0.00")
            cells = [
                f"2026-09-01 {at % 24:02}:{at % 60:02}:{at % 59:02}", "wx8888888888888888", "1900000100", merchant, "",
                transaction, payment, f"oUpF8uMuAJO{at:017}", "JSAPI", "REFUND" if refund else "SUCCESS", "OTHERS",
                "CNY", paid, "0.00", f"50000{at:023}" if refund else "0", number if refund else "0", back, "0.00",
                "ORIGINAL" if refund else "", "SUCCESS" if refund else "", "课后服务:书法入门、围棋", "",
                f"{yuan(fee)}000", "0.60%", paid, back, "",
            ]  # fmt: skip
            rows.write("`" + ",`".join(cells) + "\r\n")
        sums = [f"{kept}.0", yuan(settled), yuan(refunded), "0.00", f"{yuan(fees)}000", yuan(settled), yuan(refunded)]
        rows.write(f"{SUMMARY}\r\n`{',`'.join(sums)}\r\n")
    return bill, ledger


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


def measured(command: list[str | Path]) -> tuple[float, float, dict[str, int]]:
    """Processor seconds, peak megabytes, and what was found."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    told = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    found = {word: int(count) for word, count in (line.split() for line in told.splitlines()) if word != "rows"}
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, found


def join(bill: str, ledger: str) -> None:
    """DuckDB's side, in a process of its own."""
    import duckdb

    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS) + "}"
    for found, count in duckdb.sql(QUERY.format(bill=bill, ledger=ledger, columns=columns)).fetchall():
        print(found, count)


def main() -> None:
    if sys.argv[1] == "join":
        join(*sys.argv[2:])
        return
    program, python = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bill, ledger = make(Path(folder))
        # The least of some runs: what else the machine does only adds.
        ours = min((measured([program, "join", bill, ledger]) for _ in range(RUNS)), key=lambda run: run[0])
        whole = min((measured([program, "run", bill, ledger]) for _ in range(RUNS)), key=lambda run: run[0])
        theirs = min((measured([python, __file__, "join", bill, ledger]) for _ in range(RUNS)), key=lambda run: run[0])
    if not ours[2] == whole[2] == theirs[2] or not ours[2]:
        sys.exit(f"not the same was found: {ours[2]}, {whole[2]}, {theirs[2]}")
    figure("reconciliation.bill_rows", ROWS, "rows", "reported")
    figure("reconciliation.cpu", ours[0], "s", "reported")
    figure("reconciliation.peak_memory", ours[1], "MB", "reported")
    figure("reconciliation.run.cpu", whole[0], "s", "reported")
    figure("reconciliation.run.peak_memory", whole[1], "MB", "reported")
    figure("duckdb.cpu", theirs[0], "s", "for comparison")
    figure("duckdb.peak_memory", theirs[1], "MB", "for comparison")
    figure("reconciliation.cpu.of_duckdb", ours[0] / theirs[0], "ratio", f"<= {TARGET_CPU}")
    figure("reconciliation.peak_memory.of_duckdb", ours[1] / theirs[1], "ratio", f"<= {TARGET_MEMORY}")
    if ours[0] > TARGET_CPU * theirs[0] or ours[1] > TARGET_MEMORY * theirs[1]:
        sys.exit("reconciliation costs more than it may")


if __name__ == "__main__":
    main()
