//! The receipt of a refund laid out on a page: what went back of which payment, in figures and capitals, how it went, and
//! how to have it verified. P5.3 P7.1.

use domain::Moment;
use domain::Money;
use domain::capital::capitals;
use domain::payment::{Paid, Payment};
use domain::record::Order;
use domain::refund::{Part, Refund, RefundState};
use paper::{Paper, PaperError, Tenths};

use super::{LARGE, LEFT, PLAIN, Proof, RIGHT, STEP, foot, head, method, rule, title};

/// Right edges of the columns: lessons, amount.
const COLUMNS: [(&str, Tenths); 2] = [("退还课时", 4_100), ("退费金额(元)", RIGHT)];

/// How wide a title may be before it goes on in the next line.
const TITLE_WIDTH: Tenths = 2_900;

/// What stands on the receipt of a refund.
#[derive(Debug, Clone)]
pub(crate) struct RefundFacts {
    pub(crate) school_name: String,
    pub(crate) pupil_name: String,
    pub(crate) term: String,
    pub(crate) order: Order,
    pub(crate) payment: Payment,
    pub(crate) paid: Paid,
    pub(crate) refund: Refund,
    pub(crate) ended_at: Moment,
    pub(crate) proof: Proof,
}

/// The page.
pub(crate) fn lay_out_refund(facts: &RefundFacts) -> Result<Paper, PaperError> {
    let RefundFacts { order, payment, paid, refund, .. } = facts;
    let mut paper = Paper::a4(format!("退费凭证 {}", refund.no()), facts.ended_at.day());
    let (way, when) = if refund.state == RefundState::Returned {
        ("由学校线下退还", "退还时间")
    } else {
        ("原路退回,已到账", "到账时间")
    };
    let provider_no = refund.provider_no.as_deref().unwrap_or("无");
    let pairs = [
        (format!("凭证编号:{}", refund.no()), format!("{when}:{}", facts.ended_at)),
        (format!("退款单位:{}", facts.school_name), format!("学校标识码:{}", refund.school)),
        (format!("学生:{}({})", facts.pupil_name, order.no.student()), format!("学期:{}", facts.term)),
        (format!("退款状态:{way}"), format!("退费原因:{}", refund.reason.chinese())),
        (format!("通道退款单号:{provider_no}"), format!("订单号:{}", order.no)),
        (format!("原支付单号:{}", payment.no), format!("原支付时间:{}", paid.at)),
        (format!("原交易单号:{}", paid.transaction), format!("原支付方式:{}", method(payment))),
        (format!("原支付金额:¥{}", payment.amount), String::new()),
    ];
    let y = head(&mut paper, &facts.school_name, "课后服务退费凭证", &pairs);
    let y = table(&mut paper, order, refund, y);
    paper.text((LEFT, y), LARGE, format!("退费合计(大写):人民币{}", capitals(refund.amount)));
    paper.text_until((RIGHT, y), LARGE, format!("¥{}", refund.amount));
    let notes = [
        "本凭证由课后服务平台依据退费快照凭证生成,仅证明上述款项已退还。",
        "本凭证不是财政票据或税务发票,不作财务报销凭证;如需票据请联系学校。",
        "扫描右侧二维码可查验本凭证的真伪,无需登录。",
    ];
    foot(&mut paper, y.saturating_sub(STEP.saturating_mul(2)), notes, &facts.proof)?;
    Ok(paper)
}

/// What went back of each course with its heading; where what comes below begins.
fn table(paper: &mut Paper, order: &Order, refund: &Refund, mut y: Tenths) -> Tenths {
    rule(paper, y.saturating_add(80));
    y = y.saturating_sub(110);
    paper.text((LEFT, y), PLAIN, "课程");
    for (name, right) in COLUMNS {
        paper.text_until((right, y), PLAIN, name);
    }
    rule(paper, y.saturating_sub(80));
    for (name, cells) in rows(order, refund) {
        y = y.saturating_sub(240);
        for ((_, right), cell) in COLUMNS.iter().zip(cells) {
            paper.text_until((*right, y), PLAIN, cell);
        }
        y = title(paper, y, &name, TITLE_WIDTH);
    }
    rule(paper, y.saturating_sub(90));
    y.saturating_sub(300)
}

/// A row for each course; one for a payment that paid for nothing. What was gathered of a course is one row.
fn rows(order: &Order, refund: &Refund) -> Vec<(String, [String; 2])> {
    if refund.parts.is_empty() {
        return vec![("整笔支付退回".to_owned(), ["—".to_owned(), refund.amount.to_string()])];
    }
    let of = |part: &Part| order.line(&part.course).map_or_else(|| part.course.to_string(), |line| line.title.clone());
    let mut courses: Vec<&Part> = Vec::new();
    for part in &refund.parts {
        if !courses.iter().any(|seen| seen.course == part.course) {
            courses.push(part);
        }
    }
    let summed = |course: &Part| {
        let own = || refund.parts.iter().filter(|part| part.course == course.course);
        let lessons = own().map(|part| u32::from(part.lessons)).fold(0, u32::saturating_add);
        let amount = Money::from_fen(own().map(|part| part.amount.fen()).fold(0, i64::saturating_add));
        (of(course), [lessons.to_string(), amount.to_string()])
    };
    courses.into_iter().map(summed).collect()
}
