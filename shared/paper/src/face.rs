//! The font of the house (字体), and how wide its text is.

use ttf_parser::{Face, GlyphId};

use crate::Tenths;

/// 文泉驿微米黑, cut down to ASCII and the characters of GBK.
pub(crate) const FONT: &[u8] = include_bytes!("../font/wqy-microhei-gbk.ttf");

/// Stands for what the font does not have.
const GETA: char = '〓';

/// The font, if it reads.
pub(crate) fn face() -> Option<Face<'static>> {
    Face::parse(FONT, 0).ok()
}

/// The character as it is shown, with its glyph.
pub(crate) fn shown(face: &Face<'_>, letter: char) -> Option<(char, GlyphId)> {
    [letter, GETA].into_iter().find_map(|letter| Some((letter, face.glyph_index(letter)?)))
}

/// How wide a text is.
pub fn width(text: &str, size: Tenths) -> Tenths {
    let Some(face) = face() else { return 0 };
    let units = text
        .chars()
        .filter_map(|letter| face.glyph_hor_advance(shown(&face, letter)?.1))
        .fold(0i64, |sum, advance| sum.saturating_add(i64::from(advance)));
    let tenths = units.saturating_mul(i64::from(size)).checked_div(i64::from(face.units_per_em())).unwrap_or_default();
    Tenths::try_from(tenths).unwrap_or(Tenths::MAX)
}
