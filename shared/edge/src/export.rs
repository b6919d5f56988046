//! Lists taken out as files (导出): masked as they are shown, within what one answer holds, noted before they go out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::{Act, Actor};
use domain::{Fault, Kind};
use serde::{Deserialize, Serialize};
use sheet::Sheet;
use utoipa::ToSchema;

use crate::app::{App, Outcome};

/// Rows of a file.
pub const ROWS: usize = 10_000;

/// Bytes of a file: in base 64 it must stay below the 6 MB that a Lambda answers at most.
const LARGEST_FILE_BYTES: usize = 4 << 20;

/// What kind of file it becomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// A workbook.
    #[default]
    Xlsx,
    /// Comma-separated text, UTF-8 with its mark.
    Csv,
}

/// Why a list cannot be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "export/")]
pub enum ExportError {
    /// More rows or bytes than one answer holds.
    #[error("导出内容超过 {ROWS} 行或 4 MB,请缩小范围后分别导出")]
    TooLarge,
}

impl Fault for ExportError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooLarge => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// A file that was taken out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExportedFile {
    /// Its name.
    #[schema(example = "2144200601-学生-2026-09-01.xlsx")]
    pub file_name: String,
    /// Its rows below the heading.
    #[schema(example = 420)]
    pub rows: usize,
    /// Its bytes in base 64.
    pub content_base64: String,
}

impl ExportedFile {
    /// A list as a file. `name` begins the file's name; `thing` is what the note of who took it out is about.
    pub async fn write(
        app: &App,
        actor: Actor,
        (name, thing): (&str, &str),
        sheet: &Sheet,
        format: ExportFormat,
    ) -> Outcome<Self> {
        let (bytes, ending) = match format {
            ExportFormat::Xlsx => (sheet::write_xlsx(sheet)?, "xlsx"),
            ExportFormat::Csv => (sheet::write_csv(sheet)?, "csv"),
        };
        if sheet.rows.len() > ROWS || bytes.len() > LARGEST_FILE_BYTES {
            return Err(ExportError::TooLarge.into());
        }
        // Before it goes out: what is not on record is not handed over.
        app.store().note(actor, Act::Exported, thing, app.now(), app.random()).await?;
        let file_name = format!("{name}-{}-{}.{ending}", sheet.name, sheet.created);
        Ok(Self { file_name, rows: sheet.rows.len(), content_base64: STANDARD.encode(bytes) })
    }
}
