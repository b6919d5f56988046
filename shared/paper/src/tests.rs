//! The page is read back: its text by what the page itself says of its glyphs, its code as a camera reads it.

use std::collections::BTreeMap;

use super::*;

const DAY: Date = Date::constant(2026, 9, 1);

/// What a page says, in the order in which it says it.
fn texts(pdf: &[u8]) -> Vec<String> {
    let letters = letters(pdf);
    let content = stream(pdf, "4 0 obj");
    let mut found = Vec::new();
    for part in split(&content, b"BT\n").into_iter().skip(1) {
        let shown = split(&part, b" Tj").remove(0);
        let string = &shown[shown.iter().position(|byte| *byte == b'(' || *byte == b'<').unwrap()..];
        let bytes = bytes(string);
        found.push(bytes.chunks(2).map(|pair| letters[&u16::from_be_bytes([pair[0], pair[1]])]).collect());
    }
    found
}

/// A string of PDF: hexadecimal or literal.
fn bytes(string: &[u8]) -> Vec<u8> {
    if string[0] == b'<' {
        let digits: Vec<u8> = string.iter().copied().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        return digits.chunks(2).map(byte).collect();
    }
    let (mut found, mut rest) = (Vec::new(), string[1..string.len() - 1].iter().copied());
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            found.push(byte);
            continue;
        }
        match rest.next().unwrap() {
            b'n' => found.push(b'\n'),
            b'r' => found.push(b'\r'),
            b't' => found.push(b'\t'),
            b'b' => found.push(8),
            b'f' => found.push(12),
            digit @ b'0'..=b'7' => {
                let digits = [digit, rest.next().unwrap(), rest.next().unwrap()];
                found.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 8).unwrap());
            }
            other => found.push(other),
        }
    }
    found
}

fn split(bytes: &[u8], by: &[u8]) -> Vec<Vec<u8>> {
    let (mut parts, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.windows(by.len()).position(|window| window == by) {
        parts.push(rest[..at].to_vec());
        rest = &rest[at + by.len()..];
    }
    parts.push(rest.to_vec());
    parts
}

/// The content of the stream of an object.
fn stream(pdf: &[u8], object: &str) -> Vec<u8> {
    let behind = split(pdf, format!("\n{object}").as_bytes()).remove(1);
    let body = split(&behind, b"stream\n").remove(1);
    split(&body, b"\nendstream").remove(0)
}

/// What each glyph stands for.
fn letters(pdf: &[u8]) -> BTreeMap<u16, char> {
    let text = String::from_utf8(stream(pdf, "9 0 obj")).unwrap();
    let pairs = text.lines().filter_map(|line| {
        let (glyph, letter) = line.strip_prefix('<')?.strip_suffix('>')?.split_once("> <")?;
        let letter = u32::from_str_radix(letter, 16).ok().and_then(char::from_u32)?;
        Some((u16::from_str_radix(glyph, 16).ok()?, letter))
    });
    pairs.collect()
}

/// The squares of a page as a picture with a white edge, read as a camera reads it.
fn scanned(pdf: &[u8]) -> String {
    let content = String::from_utf8_lossy(&stream(pdf, "4 0 obj")).into_owned();
    let squares: Vec<[usize; 3]> = content
        .lines()
        .filter_map(|line| line.strip_suffix(" re"))
        .map(|line| {
            let numbers: Vec<usize> = line.split(' ').map(|number| number.parse().unwrap()).collect();
            [numbers[0], numbers[1], numbers[2]]
        })
        .collect();
    let (left, low) = (squares.iter().map(|s| s[0]).min().unwrap(), squares.iter().map(|s| s[1]).min().unwrap());
    let side = squares[0][2];
    let count = squares.iter().map(|s| (s[0] - left) / side + 1).max().unwrap();
    let dark: std::collections::BTreeSet<(usize, usize)> =
        squares.iter().map(|s| ((s[0] - left) / side, count - 1 - (s[1] - low) / side)).collect();
    let width = (count + 8) * 4;
    let pixel = |x: usize, y: usize| {
        let at = (x / 4).checked_sub(4).zip((y / 4).checked_sub(4));
        if at.is_some_and(|at| dark.contains(&at)) { 0 } else { 255 }
    };
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, width, pixel);
    picture.detect_grids()[0].decode().unwrap().1
}

fn page() -> Paper {
    let mut paper = Paper::a4("电子收据", DAY);
    paper.heading(7_800, 180, "五桂山第一小学 课后服务电子收据");
    paper.text((600, 7_000), 100, "金额(大写):肆佰元整  ¥400.00 (a) \\");
    paper.text_until((5_300, 7_000), 100, "2026-09-01");
    paper.rule((600, 6_900), (5_300, 6_900));
    paper
        .code((4_400, 600), 900, "https://platform.example/v1/receipts/47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")
        .unwrap();
    paper
}

#[test]
fn p5_3_the_text_of_a_page_can_be_read_back() {
    let pdf = page().write().unwrap();
    assert!(pdf.starts_with(b"%PDF-1."));
    let wanted = ["五桂山第一小学 课后服务电子收据", "金额(大写):肆佰元整  ¥400.00 (a) \\", "2026-09-01"];
    assert_eq!(texts(&pdf), wanted);
    assert!(pdf.len() < 60_000, "only the characters it uses are embedded: {}", pdf.len());
}

#[test]
fn p5_3_the_code_of_a_page_is_read_by_a_camera() {
    let pdf = page().write().unwrap();
    let wanted = "https://platform.example/v1/receipts/47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    assert_eq!(scanned(&pdf), wanted);
    let mut paper = Paper::a4("", DAY);
    assert_eq!(paper.code((0, 0), 900, &"x".repeat(5_000)), Err(PaperError::CodeTooLong));
    assert_eq!(paper.code((0, 0), 10, "x"), Err(PaperError::CodeTooLong));
}

#[test]
fn p5_3_the_same_page_is_the_same_bytes() {
    assert_eq!(page().write().unwrap(), page().write().unwrap());
}

#[test]
fn p5_3_what_the_font_does_not_have_is_shown_as_a_mark() {
    let mut paper = Paper::a4("", DAY);
    paper.text((0, 0), 100, "𠮷字");
    assert_eq!(texts(&paper.write().unwrap()), ["〓字"]);
    assert!(width("中", 100) > width("i", 100) && width("", 100) == 0);
}
