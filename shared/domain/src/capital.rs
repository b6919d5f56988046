//! Capitals (大写金额): an amount in the characters of receipts, which nobody can alter by a stroke. P5.3.

use crate::money::Money;

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
const GROUPS: [&str; 4] = ["", "万", "亿", "兆"];

/// `壹仟肆佰零玖元伍角整`: yuan, jiao and fen as the rules of payment and settlement write them.
pub fn capitals(amount: Money) -> String {
    let fen = amount.fen().unsigned_abs();
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = if amount < Money::ZERO { "负".to_owned() } else { String::new() };
    if yuan > 0 {
        text.push_str(&whole(yuan));
        text.push('元');
    }
    match (jiao, fen) {
        (0, 0) if yuan == 0 => text.push_str("零元整"),
        (0, 0) => text.push('整'),
        (jiao, 0) => {
            text.push_str(digit(jiao));
            text.push_str("角整");
        }
        (jiao, fen) => {
            if jiao > 0 {
                text.push_str(digit(jiao));
                text.push('角');
            } else if yuan > 0 {
                text.push('零');
            }
            text.push_str(digit(fen));
            text.push('分');
        }
    }
    text
}

/// A number above nothing, group by group of four places; zeros within are read once, those at the end of a group not.
fn whole(number: u64) -> String {
    let places: Vec<u64> = std::iter::successors(Some(number), |rest| Some(rest / 10))
        .take_while(|rest| *rest > 0)
        .map(|rest| rest % 10)
        .collect();
    let (mut text, mut skipped) = (String::new(), false);
    for (group, digits) in places.chunks(4).enumerate().rev() {
        for (place, value) in digits.iter().enumerate().rev() {
            if *value == 0 {
                skipped = true;
                continue;
            }
            if skipped && !text.is_empty() {
                text.push('零');
            }
            skipped = false;
            text.push_str(digit(*value));
            text.push_str(PLACES.get(place).copied().unwrap_or_default());
        }
        if digits.iter().any(|value| *value > 0) {
            text.push_str(GROUPS.get(group).copied().unwrap_or_default());
            skipped = false;
        }
    }
    text
}

fn digit(value: u64) -> &'static str {
    usize::try_from(value).ok().and_then(|value| DIGITS.get(value)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::LARGEST;

    /// Reads capitals back.
    fn read(text: &str) -> i64 {
        let (mut fen, mut section, mut whole, mut value) = (0, 0, 0, 0);
        for letter in text.chars() {
            let letter = letter.to_string();
            if let Some(digit) = DIGITS.iter().position(|digit| *digit == letter) {
                value = i64::try_from(digit).unwrap();
                continue;
            }
            match letter.as_str() {
                "拾" => section += value * 10,
                "佰" => section += value * 100,
                "仟" => section += value * 1_000,
                "万" => whole += (section + value) * 10_000,
                "亿" => whole = (whole + section + value) * 100_000_000,
                "元" => fen = (whole + section + value) * 100,
                "角" => fen += value * 10,
                "分" => fen += value,
                _ => {}
            }
            if matches!(letter.as_str(), "万" | "亿") {
                section = 0;
            }
            value = 0;
        }
        fen
    }

    #[test]
    fn p5_3_amounts_in_capitals_as_receipts_have_them() {
        for (fen, text) in [
            (0, "零元整"),
            (5, "伍分"),
            (50, "伍角整"),
            (105, "壹元零伍分"),
            (40_000, "肆佰元整"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (600_714, "陆仟零柒元壹角肆分"),
            (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
            (10_700_053, "壹拾万柒仟元伍角叁分"),
            (1_000_000_100, "壹仟万零壹元整"),
            (LARGEST.fen(), "壹亿元整"),
            (-1_250, "负壹拾贰元伍角整"),
        ] {
            assert_eq!(capitals(Money::from_fen(fen)), text);
        }
    }

    proptest! {
        #[test]
        fn p5_3_capitals_read_back_to_the_fen(fen in 0..=LARGEST.fen()) {
            prop_assert_eq!(read(&capitals(Money::from_fen(fen))), fen);
        }

        #[test]
        fn p5_3_no_zero_stands_twice_or_before_a_unit(fen in 1..=LARGEST.fen()) {
            let text = capitals(Money::from_fen(fen));
            for odd in ["零零", "零元", "零万", "零角", "零整"] {
                prop_assert!(!text.contains(odd), "{}", text);
            }
        }
    }
}
