//! What the papers have in common: the margins, the head in two columns, the foot with the code that leads to the proof.

mod payment;
mod refund;

use domain::payment::Payment;
use paper::{Paper, PaperError, Tenths, WIDTH, width};

pub(crate) use payment::{PaymentFacts, lay_out_payment};
pub(crate) use refund::{RefundFacts, lay_out_refund};

const LEFT: Tenths = 560;
const MIDDLE: Tenths = 3_150;
const RIGHT: Tenths = WIDTH - LEFT;
const SMALL: Tenths = 90;
const PLAIN: Tenths = 105;
const LARGE: Tenths = 120;
const STEP: Tenths = 190;

/// Side of the code that leads to the proof.
const CODE_SIDE: Tenths = 900;

/// Where anybody can have a paper verified, and the hash of what it says.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    pub(crate) hash: String,
    pub(crate) verify_url: String,
}

/// School and name of the paper, and below them what it is about; where what comes below begins.
fn head(paper: &mut Paper, school: &str, name: &str, pairs: &[(String, String)]) -> Tenths {
    paper.heading(7_850, 170, school);
    paper.heading(7_560, 200, name);
    let mut y = 7_250;
    for (left, right) in pairs {
        paper.text((LEFT, y), PLAIN, left);
        paper.text((MIDDLE, y), PLAIN, right);
        y = y.saturating_sub(STEP);
    }
    y
}

/// What the paper is and is not, and how to have it verified.
fn foot(paper: &mut Paper, mut y: Tenths, notes: [&str; 3], proof: &Proof) -> Result<(), PaperError> {
    let corner = (RIGHT.saturating_sub(CODE_SIDE), y.saturating_sub(CODE_SIDE));
    paper.code(corner, CODE_SIDE, &proof.verify_url)?;
    for note in notes {
        paper.text((LEFT, y), SMALL, note);
        y = y.saturating_sub(STEP);
    }
    paper.text((LEFT, y), SMALL, "快照凭证 SHA-256:");
    paper.text((LEFT, y.saturating_sub(STEP)), SMALL, &proof.hash);
    Ok(())
}

/// A line over the whole width.
fn rule(paper: &mut Paper, y: Tenths) {
    paper.rule((LEFT, y), (RIGHT, y));
}

/// Text that begins at the left and goes on in lines below when it is wider than its column; where its last line is.
fn title(paper: &mut Paper, mut y: Tenths, text: &str, column: Tenths) -> Tenths {
    let mut parts = wrapped(text, column).into_iter();
    paper.text((LEFT, y), PLAIN, parts.next().unwrap_or_default());
    for part in parts {
        y = y.saturating_sub(150);
        paper.text((LEFT, y), PLAIN, part);
    }
    y
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
