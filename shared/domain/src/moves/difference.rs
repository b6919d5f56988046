//! Fee difference (调课差额测算): what goes back of the course that is left by its refund rules, what the rest of the other
//! one costs, and what of the one comes over to the other. No fen is made or lost. S27.2 P11.1.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::MoveError;
use crate::catalog::Offering;
use crate::directory::Waiver;
use crate::id::OrderNo;
use crate::instalment::{Instalment, PaymentMode};
use crate::money::{Money, MoneyError};
use crate::record::{Line, Waived};
use crate::refund::quote::{Item, Quote, QuoteLine};
use crate::seat::Seat;

/// What goes back of one part of the course that is left: it has a payment of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackPart {
    /// The order by which it was paid.
    pub order: OrderNo,
    /// What goes back of it.
    pub quote: Quote,
    /// What of that comes over to the other course; the rest goes to who paid.
    pub carried: Money,
}

impl BackPart {
    /// What goes to who paid.
    pub fn returned(&self) -> Money {
        self.quote.total.without(self.carried)
    }
}

/// What an exchange costs more or less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What goes back, part by part.
    pub back: Vec<BackPart>,
    /// What the rest of the other course costs, item by item with the numbers.
    pub price: Vec<QuoteLine>,
    /// The sum of the price.
    pub price_total: Money,
    /// What is still to be paid (补缴).
    pub to_pay: Money,
    /// What goes back to who paid (退差).
    pub to_return: Money,
}

impl Difference {
    /// Holds what goes back against what the other course costs: as much as it costs comes over, of the first part first.
    pub fn of(back: Vec<(OrderNo, Quote)>, line: &Line) -> Result<Self, MoneyError> {
        let mut open = line.amount;
        let share = |(order, quote): (OrderNo, Quote)| {
            let carried = quote.total.min(open);
            open = open.without(carried);
            BackPart { order, quote, carried }
        };
        let back: Vec<BackPart> = back.into_iter().map(share).collect();
        let to_return = Money::sum(back.iter().map(BackPart::returned))?;
        Ok(Self { back, price: price(line), price_total: line.amount, to_pay: open, to_return })
    }

    /// What goes back of the course that is left, in all.
    pub fn back_total(&self) -> Money {
        self.back.iter().fold(Money::ZERO, |sum, part| sum.plus(part.quote.total).unwrap_or(sum))
    }

    /// What it comes to, in words.
    pub fn words(&self) -> String {
        let about = format!("原课程可退 {} 元,调入课程费用 {} 元", self.back_total(), self.price_total);
        if !self.to_pay.is_zero() {
            format!("{about},应补缴 {} 元", self.to_pay)
        } else if !self.to_return.is_zero() {
            format!("{about},应退还 {} 元", self.to_return)
        } else {
            format!("{about},费用相抵,无需补缴或退还")
        }
    }

    /// Why it is not what was quoted, if it is not.
    pub fn explained(&self, quoted: &Self) -> Option<String> {
        let same = (self.to_pay, self.to_return) == (quoted.to_pay, quoted.to_return);
        (!same).then(|| format!("申请时测算:{};办理时按最新课时与考勤:{}", quoted.words(), self.words()))
    }
}

/// What is left of an offering from a day on, as it is sold: its lessons from then, at the price of a lesson, less what a
/// waiver takes, and the fees of things. `lessons` are the days of all its lessons, in order.
pub fn rest(
    offering: &Offering,
    lessons: &[Date],
    on: Date,
    (materials, sundry): (bool, bool),
    waivers: &[Waiver],
    seat: Seat,
) -> Result<Line, MoveError> {
    let gone = lessons.iter().filter(|day| **day < on).count();
    let gone = u16::try_from(gone).unwrap_or(u16::MAX).min(offering.lessons);
    let left = offering.lessons.saturating_sub(gone);
    if left == 0 {
        return Err(MoveError::NothingLeft { title: offering.title.clone(), on });
    }
    let whole = Offering { lessons: left, ..offering.clone() };
    let mut line = Line::of(&whole, materials, sundry, waivers, seat)?;
    if gone > 0 {
        line.instalment = Some(stretch(&line, gone, offering.lessons));
    }
    Ok(line)
}

/// The lessons of a course from one on, sold at once.
fn stretch(line: &Line, gone: u16, lessons: u16) -> Instalment {
    let tuition = line.sold().tuition;
    Instalment { mode: PaymentMode::Whole, from: gone, until: lessons, before: gone, lessons, tuition, beside: false }
}

fn price(line: &Line) -> Vec<QuoteLine> {
    let sold = line.sold();
    let spared = line.waived.as_ref().filter(|waived| !waived.amount.is_zero());
    let spared = spared.map_or_else(String::new, |waived| format!(",减免 {} 元({})", waived.amount, waived.reason));
    let words =
        format!("学费每课时 {} 元 × 剩余 {} 课时{spared},计 {} 元", line.unit_price, sold.lessons, sold.tuition);
    let mut lines = vec![QuoteLine { item: Item::Tuition, amount: sold.tuition, words }];
    let fees = [(Item::Materials, "教材费", sold.materials), (Item::Sundry, "杂费", sold.sundry)];
    lines.extend(fees.into_iter().filter(|(.., amount)| !amount.is_zero()).map(|(item, name, amount)| QuoteLine {
        item,
        amount,
        words: format!("{name} {amount} 元"),
    }));
    lines
}

/// The line divided by where its money comes from: what is asked for, and what came over, one for each amount. All are for
/// the same lessons, each pays a share of them, and together they are the line, to the fen. Tuition comes over first.
pub fn divide(line: &Line, carried: &[Money]) -> (Line, Vec<Line>) {
    let sold = line.sold();
    let mut open = [sold.tuition, sold.materials, sold.sundry];
    let mut shares: Vec<[Money; 3]> = Vec::new();
    for amount in carried {
        let mut wanted = *amount;
        shares.push(open.map(|item| {
            let taken = item.min(wanted);
            wanted = wanted.without(taken);
            taken
        }));
        let taken = shares.last().copied().unwrap_or_default();
        for (item, less) in open.iter_mut().zip(taken) {
            *item = item.without(less);
        }
    }
    let weight = |[tuition, ..]: &[Money; 3]| u32::try_from(tuition.fen()).unwrap_or(u32::MAX);
    let weights: Vec<u32> = std::iter::once(&open).chain(&shares).map(weight).collect();
    let waived = line.waived.as_ref().map_or(Money::ZERO, |waived| waived.amount).split(&weights);
    let mut lines =
        std::iter::once(open).chain(shares).zip(waived).map(|(share, waived)| of_share(line, share, waived));
    let asked = lines.next().unwrap_or_else(|| line.clone());
    let came_over = lines.map(|one| {
        let all = one.instalment.unwrap_or_else(|| stretch(&one, 0, one.lessons));
        Line { instalment: Some(Instalment { beside: true, ..all }), ..one }
    });
    let came_over = came_over.collect();
    (asked, came_over)
}

fn of_share(line: &Line, [tuition, materials, sundry]: [Money; 3], waived: Money) -> Line {
    let amount = [materials, sundry].into_iter().fold(tuition, |sum, fee| sum.plus(fee).unwrap_or(sum));
    Line {
        waived: line.waived.as_ref().map(|whole| Waived { reason: whole.reason.clone(), amount: waived }),
        materials,
        sundry,
        amount,
        instalment: line.instalment.map(|part| Instalment { tuition, ..part }),
        ..line.clone()
    }
}
