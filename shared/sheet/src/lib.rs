//! Sheets (电子表格): XLSX and CSV read within limits and written safe to open. Nothing of a file is parsed before its
//! inflated size is known.

mod bounds;
mod read;
mod write;

use domain::{Fault, Kind};

pub use bounds::Limits;
pub use read::{Format, format, read};
pub use write::{Heading, REASON_HEADING, Sheet, returned, template, write_csv, write_xlsx};

/// Why a file cannot be read, or a sheet not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "sheet/")]
pub enum SheetError {
    /// More bytes than allowed.
    #[error("文件超过 {limit_mb} MB,请拆分后分别上传")]
    TooLarge {
        /// The limit.
        limit_mb: usize,
    },
    /// Neither XLSX nor CSV.
    #[error("无法识别的文件,请上传 .xlsx 或 .csv")]
    Unknown,
    /// The old binary format, or a file with a password.
    #[error("文件是旧版 .xls 或带密码的表格,请在 Excel 中另存为不带密码的 .xlsx 后上传")]
    Legacy,
    /// Cut off or damaged.
    #[error("文件已损坏,请在 Excel 中重新打开并另存后上传")]
    Broken,
    /// It would grow beyond every real sheet when unpacked.
    #[error("文件展开后过大,不是正常的表格,请把内容复制到新的工作簿后上传")]
    Bomb,
    /// It refers to other files or carries a program.
    #[error("表格含有外部链接或宏,请去掉后另存为 .xlsx 再上传")]
    Active,
    /// More rows than allowed.
    #[error("表格超过 {limit} 行,请拆分后分别上传")]
    TooManyRows {
        /// The limit.
        limit: u32,
    },
    /// More columns than allowed.
    #[error("表格超过 {limit} 列,请删除多余的列后上传")]
    TooManyColumns {
        /// The limit.
        limit: u32,
    },
    /// One cell, or all of them, hold more text than a sheet of records does.
    #[error("第 {row} 行的内容过长,请缩短后上传")]
    TooLong {
        /// The row.
        row: u32,
    },
    /// Neither UTF-8 nor GB18030.
    #[error("CSV 文件的编码无法识别,请另存为「CSV UTF-8」后上传")]
    Encoding,
    /// Not one row.
    #[error("表格是空的,请在第一张工作表中填写后上传")]
    Empty,
    /// The sheet could not be written.
    #[error("表格生成失败")]
    Unwritable,
}

impl Fault for SheetError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unwritable => Kind::Internal,
            Self::TooLarge { .. }
            | Self::Unknown
            | Self::Legacy
            | Self::Broken
            | Self::Bomb
            | Self::Active
            | Self::TooManyRows { .. }
            | Self::TooManyColumns { .. }
            | Self::TooLong { .. }
            | Self::Encoding
            | Self::Empty => Kind::Invalid,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests;
