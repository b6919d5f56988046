//! The receipt laid out on a page: who paid what for what, in figures and capitals, and how to have it verified. P5.3.

use domain::Money;
use domain::capital::capitals;
use domain::payment::{Paid, Payment};
use domain::record::{Line, Order};
use paper::{Paper, PaperError, Tenths, WIDTH, width};

const LEFT: Tenths = 560;
const RIGHT: Tenths = WIDTH - LEFT;
const SMALL: Tenths = 90;
const PLAIN: Tenths = 105;
const STEP: Tenths = 190;

/// Right edges of the columns: lessons, tuition, waived, materials, sundry, amount.
const COLUMNS: [(&str, Tenths); 6] =
    [("课时", 2_700), ("学费", 3_300), ("减免", 3_800), ("教材费", 4_300), ("杂费", 4_800), ("金额(元)", RIGHT)];

/// How wide a title may be before it goes on in the next line.
const TITLE_WIDTH: Tenths = 1_750;

/// What stands on a receipt.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) school_name: String,
    pub(crate) pupil_name: String,
    pub(crate) term: String,
    pub(crate) order: Order,
    pub(crate) payment: Payment,
    pub(crate) paid: Paid,
    pub(crate) hash: String,
    pub(crate) verify_url: String,
}

/// The page.
pub(crate) fn lay_out(facts: &Facts) -> Result<Paper, PaperError> {
    let Facts { order, payment, paid, .. } = facts;
    let mut paper = Paper::a4(format!("电子收据 {}", payment.no), paid.at.day());
    paper.heading(7_850, 170, &facts.school_name);
    paper.heading(7_560, 200, "课后服务电子收据");
    let mut y = 7_250;
    let pairs = [
        (format!("收据编号:{}", payment.no), format!("支付时间:{}", paid.at)),
        (format!("收款单位:{}", facts.school_name), format!("学校标识码:{}", payment.school)),
        (format!("学生:{}({})", facts.pupil_name, order.no.student()), format!("学期:{}", facts.term)),
        (format!("订单号:{}", order.no), format!("支付方式:{}", method(payment))),
        (format!("交易单号:{}", paid.transaction), String::new()),
    ];
    for (left, right) in pairs {
        paper.text((LEFT, y), PLAIN, left);
        paper.text((3_150, y), PLAIN, right);
        y = y.saturating_sub(STEP);
    }
    y = table(&mut paper, order, y);
    paper.text((LEFT, y), 120, format!("合计(大写):人民币{}", capitals(payment.amount)));
    paper.text_until((RIGHT, y), 120, format!("¥{}", payment.amount));
    y = y.saturating_sub(STEP.saturating_mul(2));
    let side = 900;
    paper.code((RIGHT.saturating_sub(side), y.saturating_sub(side)), side, &facts.verify_url)?;
    let notes = [
        "本收据由课后服务平台依据支付快照凭证生成,仅证明上述款项已支付。",
        "本收据不是财政票据或税务发票,不作财务报销凭证;如需票据请联系学校。",
        "退费情况不在本收据中体现,以扫描右侧二维码查验的结果为准。",
    ];
    for note in notes {
        paper.text((LEFT, y), SMALL, note);
        y = y.saturating_sub(STEP);
    }
    paper.text((LEFT, y), SMALL, "快照凭证 SHA-256:");
    paper.text((LEFT, y.saturating_sub(STEP)), SMALL, &facts.hash);
    Ok(paper)
}

/// The lines with their heading; where what comes below begins.
fn table(paper: &mut Paper, order: &Order, mut y: Tenths) -> Tenths {
    let rule = |paper: &mut Paper, y: Tenths| paper.rule((LEFT, y), (RIGHT, y));
    rule(paper, y.saturating_add(80));
    y = y.saturating_sub(110);
    paper.text((LEFT, y), PLAIN, "课程");
    for (title, right) in COLUMNS {
        paper.text_until((right, y), PLAIN, title);
    }
    rule(paper, y.saturating_sub(80));
    for line in &order.lines {
        y = y.saturating_sub(240);
        for ((_, right), cell) in COLUMNS.iter().zip(cells(line)) {
            paper.text_until((*right, y), PLAIN, cell);
        }
        let mut parts = wrapped(&line.title, TITLE_WIDTH).into_iter();
        paper.text((LEFT, y), PLAIN, parts.next().unwrap_or_default());
        for part in parts {
            y = y.saturating_sub(150);
            paper.text((LEFT, y), PLAIN, part);
        }
    }
    rule(paper, y.saturating_sub(90));
    y.saturating_sub(300)
}

fn cells(line: &Line) -> [String; 6] {
    let waived = line.waived.as_ref().map_or(Money::ZERO, |waived| waived.amount);
    let tuition = Money::from_fen(line.unit_price.fen().saturating_mul(i64::from(line.lessons)));
    [
        line.lessons.to_string(),
        tuition.to_string(),
        waived.to_string(),
        line.materials.to_string(),
        line.sundry.to_string(),
        line.amount.to_string(),
    ]
}

/// A text cut into parts that are not wider than a column.
fn wrapped(text: &str, column: Tenths) -> Vec<String> {
    let mut parts = vec![String::new()];
    for letter in text.chars() {
        let Some(last) = parts.last_mut() else { break };
        last.push(letter);
        if width(last, PLAIN) > column && last.chars().count() > 1 {
            last.pop();
            parts.push(letter.to_string());
        }
    }
    parts
}

fn method(payment: &Payment) -> String {
    format!("{}({})", payment.channel.chinese(), payment.method.chinese())
}
