//! What callers see of an import, and where its parts lie.

use domain::access::{Granted, may};
use domain::id::{ImportId, SchoolCode};
use domain::import::RowError;
use domain::{Fault, Kind};
use edge::caller::AccessError;
use edge::{App, Problem};
use serde::Serialize;
use store::Versioned;
use store::import::{ImportJob, Tally};
use utoipa::ToSchema;

/// Errors that an answer lists; the file given back has them all.
const ERRORS_SHOWN: usize = 200;

/// Why a file is not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "import/")]
pub enum ImportError {
    /// A school asks for what only the platform keeps.
    #[error("{what}由平台管理员导入,学校不能导入")]
    PlatformOnly {
        /// What the file lists.
        what: &'static str,
    },
    /// The content is no base 64.
    #[error("文件内容应为 Base64 编码")]
    NotBase64,
    /// The file's name is too long or no name.
    #[error("文件名应为 1 至 100 个字,不含 / 和 \\")]
    FileNameUnusable,
    /// There are faults, and nobody said to leave their rows out.
    #[error("还有 {bad_rows} 行有错误,请下载错误文件修改后重新上传,或选择跳过有错误的行")]
    HasErrors {
        /// How many rows.
        bad_rows: u32,
    },
    /// No row is without a fault.
    #[error("没有可以导入的行,请修改后重新上传")]
    NothingToApply,
}

impl Fault for ImportError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotBase64 | Self::FileNameUnusable => Kind::Invalid,
            Self::PlatformOnly { .. } | Self::HasErrors { .. } | Self::NothingToApply => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// Rows by what they do.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct TallyView {
    /// 新增.
    pub new: u32,
    /// 更新.
    pub changed: u32,
    /// 不变.
    pub unchanged: u32,
    /// 冲突: edited by hand since the last import, and therefore left as they are.
    pub conflict: u32,
}

impl From<Tally> for TallyView {
    fn from(tally: Tally) -> Self {
        let Tally { new, changed, unchanged, conflict } = tally;
        Self { new, changed, unchanged, conflict }
    }
}

/// What is wrong with a cell.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RowErrorView {
    /// The row as the sheet shows it.
    #[schema(example = 12)]
    pub row: u32,
    /// The heading of the column.
    #[schema(example = "年级")]
    pub column: String,
    /// What it should be, what it is, what to do.
    #[schema(example = "应为「一年级」至「九年级」,填的是「1」,请修改")]
    pub reason: String,
}

/// An import.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportView {
    /// Its identifier.
    pub import_id: String,
    /// What the file lists.
    #[schema(example = "students")]
    pub kind: String,
    /// The file's name.
    #[schema(example = "学生.xlsx")]
    pub file_name: String,
    /// `checked`, `applying` or `done`.
    #[schema(example = "checked")]
    pub state: String,
    /// Whether what was edited by hand is overwritten.
    pub overwrite: bool,
    /// Rows of the file.
    pub total: u32,
    /// Rows with errors.
    pub bad_rows: u32,
    /// What the good rows would do.
    pub expected: TallyView,
    /// What the rows written so far did.
    pub applied: TallyView,
    /// All errors.
    pub errors_total: u32,
    /// The first of them.
    pub errors: Vec<RowErrorView>,
    /// Columns that are not imported.
    pub ignored_columns: Vec<String>,
}

impl ImportView {
    /// An import with the first of its errors.
    pub(crate) fn of(job: &ImportJob, errors: &[RowError]) -> Self {
        let shown = errors.iter().take(ERRORS_SHOWN).map(|error| RowErrorView {
            row: error.row,
            column: error.column.clone(),
            reason: error.reason.clone(),
        });
        Self {
            import_id: job.id.to_string(),
            kind: job.lists.to_string(),
            file_name: job.file_name.clone(),
            state: job.state.to_string(),
            overwrite: job.overwrite,
            total: job.total,
            bad_rows: job.bad_rows,
            expected: job.expected.into(),
            applied: job.applied.into(),
            errors_total: job.errors_total,
            errors: shown.collect(),
            ignored_columns: job.ignored.clone(),
        }
    }
}

/// The school for which a caller imports; none: for all.
pub(crate) fn scope(granted: &Granted<may::Import>) -> Result<Option<SchoolCode>, AccessError> {
    if granted.everywhere() {
        return Ok(None);
    }
    granted.schools().next().cloned().map(Some).ok_or(AccessError::NotFound)
}

/// An import that the caller may see.
pub(crate) async fn reach(
    app: &App,
    granted: &Granted<may::Import>,
    id: &ImportId,
) -> Result<Versioned<ImportJob>, Problem> {
    let job = app.store().import_job(id).await?.and_then(|found| found.within(granted));
    Ok(job.ok_or(AccessError::NotFound)?)
}

/// The object with the file.
pub(crate) fn file_key(id: &ImportId) -> String {
    format!("{id}/file")
}

/// The object with the errors.
pub(crate) fn errors_key(id: &ImportId) -> String {
    format!("{id}/errors.json")
}
