//! Writing (成文): the page as PDF; the characters it uses are embedded as a subset of the font, each with what it stands for.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Date, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;
use ttf_parser::Face;

use crate::face::{FONT, face, shown};
use crate::{Mark, Paper, PaperError};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const TYPE0: Ref = Ref::new(5);
const CID: Ref = Ref::new(6);
const DESCRIPTOR: Ref = Ref::new(7);
const FILE: Ref = Ref::new(8);
const TO_UNICODE: Ref = Ref::new(9);
const INFORMATION: Ref = Ref::new(10);

/// The name under which the page calls its font.
const TEXT: Name<'_> = Name(b"F");

/// Six letters say that it is a subset.
const FONT_NAME: Name<'_> = Name(b"AFTERS+WenQuanYiMicroHei");

const SYSTEM: SystemInfo<'_> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The glyphs of a page: their numbers in the subset, in the order in which they come.
struct Glyphs {
    remapper: GlyphRemapper,
    /// By its number in the subset: what it stands for, how wide it is in thousandths.
    used: BTreeMap<u16, (char, u16)>,
}

pub(crate) fn write(paper: &Paper) -> Result<Vec<u8>, PaperError> {
    let face = face().ok_or(PaperError::FontUnreadable)?;
    let mut glyphs = Glyphs { remapper: GlyphRemapper::new(), used: BTreeMap::new() };
    let content = content(paper, &face, &mut glyphs);
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES).lang(TextStr("zh-CN"));
    pdf.pages(PAGES).kids([PAGE]).count(1);
    let mut page = pdf.page(PAGE);
    page.parent(PAGES).contents(CONTENT);
    // Tenths of a point on the page, points outside.
    page.media_box(Rect::new(0.0, 0.0, 595.3, 841.9));
    page.resources().fonts().pair(TEXT, TYPE0);
    page.finish();
    pdf.stream(CONTENT, &content);
    embed(&mut pdf, &face, &glyphs)?;
    let created = Date::new(paper.day.year().unsigned_abs())
        .month(paper.day.month().unsigned_abs())
        .day(paper.day.day().unsigned_abs());
    pdf.document_info(INFORMATION).title(TextStr(&paper.title)).creation_date(created);
    Ok(pdf.finish())
}

fn content(paper: &Paper, face: &Face<'_>, glyphs: &mut Glyphs) -> Vec<u8> {
    let mut content = Content::new();
    content.transform([0.1, 0.0, 0.0, 0.1, 0.0, 0.0]);
    content.set_line_width(5.0);
    for mark in &paper.marks {
        match mark {
            Mark::Text { x, y, size, text } => {
                let bytes = glyphs.encode(face, text);
                content.begin_text().set_font(TEXT, (*size).into()).next_line((*x).into(), (*y).into());
                content.show(Str(&bytes)).end_text();
            }
            Mark::Rule { from, to } => {
                content.move_to(from.0.into(), from.1.into()).line_to(to.0.into(), to.1.into()).stroke();
            }
            Mark::Square { x, y, side } => {
                content.rect((*x).into(), (*y).into(), (*side).into(), (*side).into()).fill_nonzero();
            }
        }
    }
    content.finish().to_vec()
}

impl Glyphs {
    /// A text as the numbers of its glyphs, two bytes each.
    fn encode(&mut self, face: &Face<'_>, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len());
        for (letter, glyph) in text.chars().filter_map(|letter| shown(face, letter)) {
            let number = self.remapper.remap(glyph.0);
            let advance = face.glyph_hor_advance(glyph).unwrap_or_default();
            self.used.insert(number, (letter, thousandths(face, i32::from(advance)).unsigned_abs()));
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }
}

fn embed(pdf: &mut Pdf, face: &Face<'_>, glyphs: &Glyphs) -> Result<(), PaperError> {
    let subset = subsetter::subset(FONT, 0, &glyphs.remapper).map_err(|_no_font| PaperError::FontUnreadable)?;
    let mut font = pdf.type0_font(TYPE0);
    font.base_font(FONT_NAME).encoding_predefined(Name(b"Identity-H")).descendant_font(CID).to_unicode(TO_UNICODE);
    font.finish();
    let mut font = pdf.cid_font(CID);
    font.subtype(CidFontType::Type2).base_font(FONT_NAME).system_info(SYSTEM).font_descriptor(DESCRIPTOR);
    font.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = font.widths();
    for (number, (_, width)) in &glyphs.used {
        widths.consecutive(*number, [(*width).into()]);
    }
    widths.finish();
    font.finish();
    let of = |units: i16| thousandths(face, i32::from(units));
    let bounds = face.global_bounding_box();
    let mut descriptor = pdf.font_descriptor(DESCRIPTOR);
    descriptor.name(FONT_NAME).flags(FontFlags::SYMBOLIC).italic_angle(0.0).stem_v(80.0).font_file2(FILE);
    descriptor.bbox(Rect::new(
        of(bounds.x_min).into(),
        of(bounds.y_min).into(),
        of(bounds.x_max).into(),
        of(bounds.y_max).into(),
    ));
    let ascender = of(face.ascender());
    descriptor.ascent(ascender.into()).descent(of(face.descender()).into()).cap_height(ascender.into());
    descriptor.finish();
    pdf.stream(FILE, &subset);
    let mut unicode = UnicodeCmap::new(FONT_NAME, SYSTEM);
    for (number, (letter, _)) in &glyphs.used {
        unicode.pair(*number, *letter);
    }
    pdf.stream(TO_UNICODE, &unicode.finish());
    Ok(())
}

/// A length of the font in thousandths of its size.
fn thousandths(face: &Face<'_>, units: i32) -> i16 {
    let em = i32::from(face.units_per_em());
    i16::try_from(units.saturating_mul(1000).checked_div(em).unwrap_or_default()).unwrap_or(i16::MAX)
}
