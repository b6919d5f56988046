//! What an uploaded file may cost (上限): counted by really unpacking it, because what it declares may be a lie.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::SheetError;

/// First bytes of an entry in a zip's directory.
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";

/// Below so many unpacked bytes an entry may compress as well as it likes.
const RATIO_FREE_BYTES: u64 = 1 << 20;

/// Bytes unpacked at a time; all that this walk ever holds.
const CHUNK_BYTES: usize = 16 * 1024;

/// How large a file may be, packed and unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: usize,
    /// Entries of an XLSX, which is a zip.
    pub entries: usize,
    /// Bytes of all entries unpacked.
    pub inflated_bytes: u64,
    /// Unpacked bytes per packed byte, for entries beyond 1 MB.
    pub ratio: u64,
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
    /// Characters of one cell.
    pub cell_characters: usize,
    /// Bytes of all cells.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 6 << 20,
            entries: 200,
            inflated_bytes: 50 << 20,
            ratio: 100,
            rows: 20_000,
            columns: 60,
            cell_characters: 2_000,
            text_bytes: 24 << 20,
        }
    }
}

impl Limits {
    /// Unpacks every entry of a zip into nothing, and refuses it as soon as it passes a limit.
    pub(crate) fn walk(&self, bytes: &[u8]) -> Result<(), SheetError> {
        // The directory is counted before it is read: a list of entries costs memory of its own.
        if bytes.windows(DIRECTORY_ENTRY.len()).filter(|window| *window == DIRECTORY_ENTRY).count() > self.entries {
            return Err(SheetError::Bomb);
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_unreadable| SheetError::Broken)?;
        let mut names = Vec::with_capacity(archive.len());
        for name in archive.file_names() {
            // Some programs write the names in capitals or with the other slash.
            names.push(name.map_err(|_unreadable| SheetError::Broken)?.to_lowercase().replace('\\', "/"));
        }
        if !names.iter().any(|name| name == "xl/workbook.xml") {
            return Err(SheetError::Unknown);
        }
        if names.iter().any(|name| is_active(name)) {
            return Err(SheetError::Active);
        }
        let mut whole = 0u64;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(|_unreadable| SheetError::Broken)?;
            let packed = entry.compressed_size().max(1);
            self.inflate(&mut entry, packed, &mut whole)?;
        }
        Ok(())
    }

    fn inflate(&self, entry: &mut impl Read, packed: u64, whole: &mut u64) -> Result<(), SheetError> {
        let mut chunk = [0u8; CHUNK_BYTES];
        let mut own = 0u64;
        loop {
            let read = entry.read(&mut chunk).map_err(|_damaged| SheetError::Broken)?;
            let Ok(read) = u64::try_from(read) else { return Err(SheetError::Bomb) };
            if read == 0 {
                return Ok(());
            }
            own = own.saturating_add(read);
            *whole = whole.saturating_add(read);
            let inflated = own > RATIO_FREE_BYTES && own / packed > self.ratio;
            if inflated || *whole > self.inflated_bytes {
                return Err(SheetError::Bomb);
            }
        }
    }
}

/// Whether an entry, its name in small letters, fetches from elsewhere or runs.
fn is_active(name: &str) -> bool {
    name.starts_with("xl/externallinks/") || name.ends_with("vbaproject.bin")
}
