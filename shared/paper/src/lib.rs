//! Paper (版式文件): one page as PDF, with Chinese text that can be searched and copied, rules and QR codes. The same page
//! is the same bytes.
//!
//! Lengths are tenths of a point, from the lower left corner.

mod face;
mod write;

use domain::{Fault, Kind};
use jiff::civil::Date;
use qrcodegen::{QrCode, QrCodeEcc};

pub use face::width;

/// A length in tenths of a point.
pub type Tenths = i16;

/// Width of A4.
pub const WIDTH: Tenths = 5953;

/// Height of A4.
pub const HEIGHT: Tenths = 8419;

/// Why a page cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "paper/")]
pub enum PaperError {
    /// More text than a code holds in its place.
    #[error("text does not fit into a code")]
    CodeTooLong,
    /// The font of the house does not read.
    #[error("font is unreadable")]
    FontUnreadable,
}

impl Fault for PaperError {
    fn kind(&self) -> Kind {
        match self {
            Self::CodeTooLong | Self::FontUnreadable => Kind::Internal,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// What stands on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mark {
    Text { x: Tenths, y: Tenths, size: Tenths, text: String },
    Rule { from: (Tenths, Tenths), to: (Tenths, Tenths) },
    Square { x: Tenths, y: Tenths, side: Tenths },
}

/// A page of A4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    title: String,
    day: Date,
    marks: Vec<Mark>,
}

impl Paper {
    /// An empty page; `day` is told as its creation.
    pub fn a4(title: impl Into<String>, day: Date) -> Self {
        Self { title: title.into(), day, marks: Vec::new() }
    }

    /// Text that begins at `x`.
    pub fn text(&mut self, (x, y): (Tenths, Tenths), size: Tenths, text: impl Into<String>) {
        self.marks.push(Mark::Text { x, y, size, text: text.into() });
    }

    /// Text that ends at `x`.
    pub fn text_until(&mut self, (x, y): (Tenths, Tenths), size: Tenths, text: impl Into<String>) {
        let text = text.into();
        self.text((x.saturating_sub(width(&text, size)), y), size, text);
    }

    /// Text in the middle of the page.
    pub fn heading(&mut self, y: Tenths, size: Tenths, text: impl Into<String>) {
        let text = text.into();
        self.text((WIDTH.saturating_sub(width(&text, size)) / 2, y), size, text);
    }

    /// A thin line.
    pub fn rule(&mut self, from: (Tenths, Tenths), to: (Tenths, Tenths)) {
        self.marks.push(Mark::Rule { from, to });
    }

    /// A QR code whose lower left corner is at `(x, y)` and whose side is at most `side`.
    pub fn code(&mut self, (x, y): (Tenths, Tenths), side: Tenths, text: &str) -> Result<(), PaperError> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_too_long| PaperError::CodeTooLong)?;
        let count = code.size();
        let module = i32::from(side).checked_div(count).filter(|module| *module > 0).ok_or(PaperError::CodeTooLong)?;
        let at = |steps: i32, start: Tenths| {
            Tenths::try_from(steps.saturating_mul(module).saturating_add(i32::from(start))).unwrap_or(Tenths::MAX)
        };
        let side = Tenths::try_from(module).unwrap_or(Tenths::MAX);
        for row in 0..count {
            // The code counts its rows from above, the page from below.
            let up = count.saturating_sub(row).saturating_sub(1);
            let dark = (0..count).filter(|column| code.get_module(*column, row));
            self.marks.extend(dark.map(|column| Mark::Square { x: at(column, x), y: at(up, y), side }));
        }
        Ok(())
    }

    /// The page as PDF.
    pub fn write(&self) -> Result<Vec<u8>, PaperError> {
        write::write(self)
    }
}

#[cfg(test)]
mod tests;
