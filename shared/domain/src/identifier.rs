//! Identifiers of the outside world (证件号、统一社会信用代码、学校标识码、学籍号、手机号): what makes them well formed. S2 A5.
//!
//! The sentences never repeat the number: it is personal.

use jiff::civil::Date;

/// First two digits of an area code by GB/T 2260, 81 to 83 for residence permits of Hong Kong, Macau and Taiwan.
const PROVINCES: [u8; 36] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63,
    64, 65, 66, 71, 81, 82, 83,
];

/// Weights of GB 11643, first digit first: powers of 2 modulo 11.
const CITIZEN_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// The last character of GB 11643 by the weighted sum modulo 11.
const CITIZEN_CHECKS: &str = "10X98765432";

/// Characters of GB 32100 by value: no I, O, S, V, Z.
const CREDIT_CHARACTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Weights of GB 32100: powers of 3 modulo 31.
const CREDIT_WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// First two digits of a school code: what the school is. Nine-year schools (九年一贯制, 312 in the finer list) carry
/// 31, complete secondary schools (341) carry 34.
pub const SCHOOL_CATEGORIES: [(&str, &str); 4] =
    [("21", "普通小学"), ("31", "普通初中"), ("34", "普通高中"), ("51", "特殊教育学校")];

/// Digits three and four of a school code: Guangdong.
pub const SCHOOL_PROVINCE: &str = "44";

/// Why a text is no number of a citizen (GB 11643).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CitizenIdError {
    /// Not 17 digits and a digit or X.
    #[error("公民身份号码应为 18 位:17 位数字加 1 位数字或大写 X")]
    Shape,
    /// The first two digits name no province.
    #[error("公民身份号码的前 6 位不是有效的行政区划代码")]
    Area,
    /// Digits 7 to 14 are no day.
    #[error("公民身份号码的第 7 至 14 位不是有效的出生日期")]
    Born,
    /// The last character does not fit: a digit is wrong or two are swapped.
    #[error("公民身份号码的校验位不符,请核对是否有数字写错或颠倒")]
    Check,
}

/// Why a text is no unified social credit code (GB 32100).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Not 18 of the allowed characters.
    #[error("统一社会信用代码应为 18 位数字或大写字母(不含 I、O、S、V、Z)")]
    Shape,
    /// The last character does not fit.
    #[error("统一社会信用代码的校验位不符,请核对是否有字符写错或颠倒")]
    Check,
}

/// Why a text is no school code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SchoolCodeError {
    /// Not ten digits.
    #[error("学校标识码应为 10 位数字")]
    Shape,
    /// The first two digits are no category of [`SCHOOL_CATEGORIES`].
    #[error("学校标识码的前 2 位应为 21(小学)、31(初中、九年一贯制)、34(高中、完全中学)或 51(特殊教育)")]
    Category,
    /// Digits three and four are not [`SCHOOL_PROVINCE`].
    #[error("学校标识码的第 3、4 位应为 44(广东省)")]
    Province,
}

/// Why a text is no student number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StudentNumberError {
    /// Not 19 characters.
    #[error("学籍号应为 19 位:字母 G、J 或 L 加 18 位")]
    Shape,
    /// Another letter than G, J, L.
    #[error("学籍号的第 1 位应为 G(正式)、J(无身份证)或 L(临时)")]
    Letter,
    /// The area behind the letter does not exist.
    #[error("学籍号第 2 至 7 位不是有效的行政区划代码")]
    Area,
    /// The day of birth does not exist.
    #[error("学籍号第 8 至 15 位不是有效的出生日期")]
    Born,
    /// G or J whose last character does not fit.
    #[error("学籍号的校验位不符,请核对是否有数字写错或颠倒")]
    Check,
}

/// Why a text is no mobile phone of the mainland.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("手机号应为 11 位数字,以 13 至 19 开头")]
pub struct MobilePhoneError;

/// Why a text is no telephone of an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("应为单位固定电话,如 0760-88881234 或 400 开头的号码,请勿填写个人手机号")]
pub struct LandlineError;

/// What a citizen's number tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Citizen {
    /// The day of birth.
    pub born: Date,
    /// Whether the sequence number is odd, that is, male.
    pub male: bool,
}

/// Which of the three forms a student number has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StudentNumberForm {
    /// Final, from the citizen's number (正式学籍号).
    Final,
    /// Made by the same rule for a pupil without a citizen's number.
    Joined,
    /// Temporary: four random digits at the end, no check digit (临时学籍号).
    Temporary,
}

/// Reads a citizen's number (公民身份号码).
pub fn citizen_id(text: &str) -> Result<Citizen, CitizenIdError> {
    let body = text.get(..17).filter(|body| body.bytes().all(|c| c.is_ascii_digit())).ok_or(CitizenIdError::Shape)?;
    let check = text.get(17..).filter(|check| is_check(check)).ok_or(CitizenIdError::Shape)?;
    if !is_area(body) {
        return Err(CitizenIdError::Area);
    }
    let born = body.get(6..14).and_then(day).ok_or(CitizenIdError::Born)?;
    if citizen_check(body) != check.chars().next() {
        return Err(CitizenIdError::Check);
    }
    let male = body.bytes().last().is_some_and(|digit| digit % 2 == 1);
    Ok(Citizen { born, male })
}

/// Checks a unified social credit code (统一社会信用代码).
pub fn credit_code(text: &str) -> Result<(), CreditCodeError> {
    if text.len() != 18 || !text.chars().all(|c| CREDIT_CHARACTERS.contains(c)) {
        return Err(CreditCodeError::Shape);
    }
    let fits = text.get(..17).and_then(credit_check) == text.chars().last();
    if fits { Ok(()) } else { Err(CreditCodeError::Check) }
}

/// Checks a school code (学校标识码); there is no check digit in it.
pub fn school_code(text: &str) -> Result<(), SchoolCodeError> {
    if text.len() != 10 || !text.bytes().all(|c| c.is_ascii_digit()) {
        return Err(SchoolCodeError::Shape);
    }
    if !SCHOOL_CATEGORIES.iter().any(|(category, _)| text.starts_with(category)) {
        return Err(SchoolCodeError::Category);
    }
    if text.get(2..4) == Some(SCHOOL_PROVINCE) { Ok(()) } else { Err(SchoolCodeError::Province) }
}

/// Reads a student number (学籍号). L carries random digits, so nothing is checked behind its day of birth.
pub fn student_number(text: &str) -> Result<StudentNumberForm, StudentNumberError> {
    let mut characters = text.chars();
    let form = match characters.next() {
        Some('G') => StudentNumberForm::Final,
        Some('J') => StudentNumberForm::Joined,
        Some('L') => StudentNumberForm::Temporary,
        Some(c) if text.len() == 19 && c.is_ascii() => return Err(StudentNumberError::Letter),
        _ => return Err(StudentNumberError::Shape),
    };
    let rest = characters.as_str();
    if form == StudentNumberForm::Temporary {
        if rest.len() != 18 || !rest.bytes().all(|c| c.is_ascii_digit()) {
            return Err(StudentNumberError::Shape);
        }
        if !is_area(rest) {
            return Err(StudentNumberError::Area);
        }
        return rest.get(6..14).and_then(day).map(|_| form).ok_or(StudentNumberError::Born);
    }
    match citizen_id(rest) {
        Ok(_) => Ok(form),
        Err(CitizenIdError::Shape) => Err(StudentNumberError::Shape),
        Err(CitizenIdError::Area) => Err(StudentNumberError::Area),
        Err(CitizenIdError::Born) => Err(StudentNumberError::Born),
        Err(CitizenIdError::Check) => Err(StudentNumberError::Check),
    }
}

/// Checks a mobile phone (手机号).
pub fn mobile_phone(text: &str) -> Result<(), MobilePhoneError> {
    let mut digits = text.bytes();
    let starts = digits.next() == Some(b'1') && digits.next().is_some_and(|c| (b'3'..=b'9').contains(&c));
    if starts && text.len() == 11 && digits.all(|c| c.is_ascii_digit()) { Ok(()) } else { Err(MobilePhoneError) }
}

/// Checks a telephone of an office (固定电话): area code, number and perhaps an extension, or 400 and 800 numbers. A
/// mobile phone is somebody's, so it is none.
pub fn landline(text: &str) -> Result<(), LandlineError> {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit())
    };
    let is_area = |part: &str| {
        let short = part == "010" || part.len() == 3 && part.starts_with("02");
        let long = part.len() == 4 && part.starts_with('0') && !matches!(part.get(1..2), Some("0" | "1" | "2"));
        digits(part, 3..=4) && (short || long)
    };
    let fits = match parts.as_slice() {
        [area, number] => is_area(area) && digits(number, 7..=8),
        [area, number, rest] if is_area(area) => digits(number, 7..=8) && digits(rest, 1..=6),
        [first, ..] if first.starts_with("400") || first.starts_with("800") => digits(&parts.concat(), 10..=10),
        _ => false,
    };
    if fits { Ok(()) } else { Err(LandlineError) }
}

/// The character that completes 17 digits to a citizen's number.
pub fn citizen_check(body: &str) -> Option<char> {
    let sum = weighted("0123456789", body, &CITIZEN_WEIGHTS)?;
    CITIZEN_CHECKS.chars().nth(usize::try_from(sum % 11).ok()?)
}

/// The character that completes 17 characters to a credit code.
pub fn credit_check(body: &str) -> Option<char> {
    let sum = weighted(CREDIT_CHARACTERS, body, &CREDIT_WEIGHTS)?;
    CREDIT_CHARACTERS.chars().nth(usize::try_from((31 - sum % 31) % 31).ok()?)
}

fn weighted(alphabet: &str, body: &str, weights: &[u32; 17]) -> Option<u32> {
    if body.chars().count() != weights.len() {
        return None;
    }
    body.chars().zip(weights).try_fold(0u32, |sum, (character, weight)| {
        let value = u32::try_from(alphabet.find(character)?).ok()?;
        sum.checked_add(value.checked_mul(*weight)?)
    })
}

fn is_check(text: &str) -> bool {
    text.len() == 1 && text.bytes().all(|c| c.is_ascii_digit() || c == b'X')
}

fn is_area(digits: &str) -> bool {
    digits.get(..2).and_then(|province| province.parse().ok()).is_some_and(|province| PROVINCES.contains(&province))
}

/// `20180901` as a day.
fn day(digits: &str) -> Option<Date> {
    let year = digits.get(..4)?.parse().ok().filter(|year| (1900..=2100).contains(year))?;
    Date::new(year, digits.get(4..6)?.parse().ok()?, digits.get(6..8)?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of GB 11643 itself.
    const CITIZEN: &str = "11010519491231002X";
    const CREDIT: &str = "91350100M000100Y43";

    #[test]
    fn s2_a_citizen_number_tells_birth_and_sex() {
        let citizen = citizen_id(CITIZEN).unwrap();
        assert_eq!((citizen.born.to_string().as_str(), citizen.male), ("1949-12-31", false));
        assert_eq!(citizen_id("11010519491231002x"), Err(CitizenIdError::Shape));
        assert_eq!(citizen_id("1101051949123100"), Err(CitizenIdError::Shape));
        assert_eq!(citizen_id("1101051949123100一"), Err(CitizenIdError::Shape));
        assert_eq!(citizen_id("990105194912310026"), Err(CitizenIdError::Area));
        assert_eq!(citizen_id("110105194902300020"), Err(CitizenIdError::Born));
        assert_eq!(citizen_id("110105194912310021"), Err(CitizenIdError::Check));
    }

    #[test]
    fn s2_credit_codes_are_checked() {
        assert_eq!(credit_code(CREDIT), Ok(()));
        assert_eq!(credit_code("91350100M000100Y44"), Err(CreditCodeError::Check));
        assert_eq!(credit_code("9I350100M000100Y43"), Err(CreditCodeError::Shape));
        assert_eq!(credit_code("91350100M000100Y"), Err(CreditCodeError::Shape));
    }

    #[test]
    fn s2_school_codes_are_of_the_province() {
        assert_eq!(school_code("2144200601"), Ok(()));
        assert_eq!(school_code("3144200604"), Ok(()));
        assert_eq!(school_code("214420060"), Err(SchoolCodeError::Shape));
        assert_eq!(school_code("2244200601"), Err(SchoolCodeError::Category));
        assert_eq!(school_code("2145200601"), Err(SchoolCodeError::Province));
    }

    #[test]
    fn s2_student_numbers_have_three_forms() {
        assert_eq!(student_number(&format!("G{CITIZEN}")), Ok(StudentNumberForm::Final));
        assert_eq!(student_number(&format!("J{CITIZEN}")), Ok(StudentNumberForm::Joined));
        assert_eq!(student_number("L442000201809010000"), Ok(StudentNumberForm::Temporary));
        assert_eq!(student_number("L442000201809019999"), Ok(StudentNumberForm::Temporary));
        assert_eq!(student_number("G442000201809010000"), Err(StudentNumberError::Check));
        assert_eq!(student_number("L44200020180901000X"), Err(StudentNumberError::Shape));
        assert_eq!(student_number("L442000201813010000"), Err(StudentNumberError::Born));
        assert_eq!(student_number("L002000201809010000"), Err(StudentNumberError::Area));
        assert_eq!(student_number(&format!("A{CITIZEN}")), Err(StudentNumberError::Letter));
        assert_eq!(student_number(CITIZEN), Err(StudentNumberError::Shape));
        assert_eq!(student_number(""), Err(StudentNumberError::Shape));
    }

    #[test]
    fn s2_phones_are_mobile() {
        assert_eq!(mobile_phone("13800000000"), Ok(()));
        for wrong in ["12800000000", "1380000000", "138000000000", "+8613800000", "1380000000a", ""] {
            assert_eq!(mobile_phone(wrong), Err(MobilePhoneError), "{wrong}");
        }
    }

    #[test]
    fn b2_1_a_telephone_of_an_office_is_nobodys_own() {
        for fits in ["0760-88881234", "010-12345678", "020-1234567", "0760-88881234-801", "4001234567", "400-123-4567"]
        {
            assert_eq!(landline(fits), Ok(()), "{fits}");
        }
        for wrong in ["13800000001", "0138-0000001", "88881234", "0760-8888123a", "0760-", "-", "", "138-00000001"] {
            assert_eq!(landline(wrong), Err(LandlineError), "{wrong}");
        }
    }

    fn citizens() -> impl Strategy<Value = String> {
        (100_000u32..1_000_000, 0u32..1000).prop_filter_map("a day", |(seed, sequence)| {
            let (month, day) = (seed % 12 + 1, seed % 28 + 1);
            let body = format!("4420{:02}{:04}{month:02}{day:02}{sequence:03}", seed % 100, 1950 + seed % 80);
            let check = citizen_check(&body)?;
            Some(format!("{body}{check}"))
        })
    }

    fn credits() -> impl Strategy<Value = String> {
        prop::collection::vec(0usize..31, 17).prop_filter_map("characters", |values| {
            let body: String = values.iter().filter_map(|value| CREDIT_CHARACTERS.chars().nth(*value)).collect();
            let check = credit_check(&body)?;
            Some(format!("{body}{check}"))
        })
    }

    fn with_one_changed(text: &str, at: usize, character: char) -> String {
        text.chars().enumerate().map(|(i, c)| if i == at { character } else { c }).collect()
    }

    fn with_neighbours_swapped(text: &str, at: usize) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        characters.swap(at, at + 1);
        characters.into_iter().collect()
    }

    proptest! {
        #[test]
        fn a_wrong_digit_of_a_citizen_number_is_found(id in citizens(), at in 0usize..18, digit in 0u8..10) {
            prop_assert!(citizen_id(&id).is_ok());
            let changed = with_one_changed(&id, at, char::from(b'0' + digit));
            prop_assume!(changed != id);
            prop_assert!(citizen_id(&changed).is_err());
        }

        #[test]
        fn swapped_digits_of_a_citizen_number_are_found(id in citizens(), at in 0usize..17) {
            let swapped = with_neighbours_swapped(&id, at);
            prop_assume!(swapped != id);
            prop_assert!(citizen_id(&swapped).is_err());
        }

        #[test]
        fn a_wrong_character_of_a_credit_code_is_found(code in credits(), at in 0usize..18, value in 0usize..31) {
            prop_assert!(credit_code(&code).is_ok());
            let changed = with_one_changed(&code, at, CREDIT_CHARACTERS.chars().nth(value).unwrap());
            prop_assume!(changed != code);
            prop_assert!(credit_code(&changed).is_err());
        }

        #[test]
        fn swapped_characters_of_a_credit_code_are_found(code in credits(), at in 0usize..17) {
            let swapped = with_neighbours_swapped(&code, at);
            prop_assume!(swapped != code);
            prop_assert!(credit_code(&swapped).is_err());
        }

        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,24}") {
            let read = (citizen_id(&text), credit_code(&text), school_code(&text), student_number(&text), mobile_phone(&text));
            prop_assert!(read.0.is_err() || text.len() == 18);
        }
    }
}
