//! A zip bomb, alone in its process so that its memory can be measured.

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use sheet::{Limits, SheetError, read};
    use zip::write::SimpleFileOptions;

    /// Resident memory of this process at its highest, in kilobytes.
    fn peak_kilobytes() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    #[test]
    fn a_zip_bomb_is_refused_before_memory_grows() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("xl/workbook.xml", SimpleFileOptions::default()).unwrap();
        zip.write_all(b"<workbook/>").unwrap();
        zip.start_file("xl/sharedStrings.xml", SimpleFileOptions::default()).unwrap();
        let blanks = vec![b' '; 1 << 20];
        for _ in 0..96 {
            zip.write_all(&blanks).unwrap();
        }
        let bomb = zip.finish().unwrap().into_inner();
        assert!(bomb.len() < 1 << 19, "{}", bomb.len());
        let before = peak_kilobytes();
        assert_eq!(read(&bomb, &Limits::default()), Err(SheetError::Bomb));
        let generous = Limits { ratio: u64::MAX, ..Limits::default() };
        assert_eq!(read(&bomb, &generous), Err(SheetError::Bomb), "the sum alone stops it");
        let grown = peak_kilobytes().saturating_sub(before);
        assert!(grown < 8 * 1024, "{grown} KB");
    }
}
