//! The receipt laid out on a page: who paid what for what, in figures and capitals, and how to have it verified. P5.3.

use domain::Money;
use domain::capital::capitals;
use domain::payment::{Paid, Payment};
use domain::record::{Line, Order};
use paper::{Paper, PaperError, Tenths};

use super::{LARGE, LEFT, PLAIN, Proof, RIGHT, STEP, foot, head, method, rule, title};

/// Right edges of the columns: lessons, tuition, waived, materials, sundry, amount.
const COLUMNS: [(&str, Tenths); 6] =
    [("课时", 2_700), ("学费", 3_300), ("减免", 3_800), ("教材费", 4_300), ("杂费", 4_800), ("金额(元)", RIGHT)];

/// How wide a title may be before it goes on in the next line.
const TITLE_WIDTH: Tenths = 1_750;

/// What stands on a receipt.
#[derive(Debug, Clone)]
pub(crate) struct PaymentFacts {
    pub(crate) school_name: String,
    pub(crate) pupil_name: String,
    pub(crate) term: String,
    pub(crate) order: Order,
    pub(crate) payment: Payment,
    pub(crate) paid: Paid,
    pub(crate) proof: Proof,
}

/// The page.
pub(crate) fn lay_out_payment(facts: &PaymentFacts) -> Result<Paper, PaperError> {
    let PaymentFacts { order, payment, paid, .. } = facts;
    let mut paper = Paper::a4(format!("电子收据 {}", payment.no), paid.at.day());
    let pairs = [
        (format!("收据编号:{}", payment.no), format!("支付时间:{}", paid.at)),
        (format!("收款单位:{}", facts.school_name), format!("学校标识码:{}", payment.school)),
        (format!("学生:{}({})", facts.pupil_name, order.no.student()), format!("学期:{}", facts.term)),
        (format!("订单号:{}", order.no), format!("支付方式:{}", method(payment))),
        (format!("交易单号:{}", paid.transaction), String::new()),
    ];
    let y = head(&mut paper, &facts.school_name, "课后服务电子收据", &pairs);
    let y = table(&mut paper, order, y);
    paper.text((LEFT, y), LARGE, format!("合计(大写):人民币{}", capitals(payment.amount)));
    paper.text_until((RIGHT, y), LARGE, format!("¥{}", payment.amount));
    let notes = [
        "本收据由课后服务平台依据支付快照凭证生成,仅证明上述款项已支付。",
        "本收据不是财政票据或税务发票,不作财务报销凭证;如需票据请联系学校。",
        "退费情况不在本收据中体现,以扫描右侧二维码查验的结果为准。",
    ];
    foot(&mut paper, y.saturating_sub(STEP.saturating_mul(2)), notes, &facts.proof)?;
    Ok(paper)
}

/// The lines with their heading; where what comes below begins.
fn table(paper: &mut Paper, order: &Order, mut y: Tenths) -> Tenths {
    rule(paper, y.saturating_add(80));
    y = y.saturating_sub(110);
    paper.text((LEFT, y), PLAIN, "课程");
    for (name, right) in COLUMNS {
        paper.text_until((right, y), PLAIN, name);
    }
    rule(paper, y.saturating_sub(80));
    for line in &order.lines {
        y = y.saturating_sub(240);
        for ((_, right), cell) in COLUMNS.iter().zip(cells(line)) {
            paper.text_until((*right, y), PLAIN, cell);
        }
        y = title(paper, y, &line.title, TITLE_WIDTH);
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
