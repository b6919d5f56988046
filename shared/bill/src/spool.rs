//! Spool (账单暂存): a bill on the function's own disk, hashed while it is written, so that memory does not grow with it.
//! S35.1.

use std::fs::{File, OpenOptions, remove_file};
use std::io::{BufReader, Error, ErrorKind, Result, Seek as _, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

/// Buffer between the file and whoever reads it.
const BUFFER_BYTES: usize = 256 << 10;

/// Names that are tried. Another one is in the way only where a process of the same number broke off.
const NAMES: u64 = 1_000;

/// Numbers the files of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file without a name: it is gone with the process at the latest, however that ends.
#[derive(Debug)]
pub struct Spool {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Spool {
    /// An empty one, in the folder for passing files.
    pub fn new() -> Result<Self> {
        let folder = std::env::temp_dir();
        for _ in 0..NAMES {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("bill-{}-{number}", std::process::id()));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => {
                    remove_file(&path)?;
                    return Ok(Self { file, hash: Sha256::new(), bytes: 0 });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::from(ErrorKind::AlreadyExists))
    }

    /// SHA-256 of what was written, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex::encode(self.hash.clone().finalize())
    }

    /// How much was written.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What was written, from its beginning.
    pub fn reader(&mut self) -> Result<BufReader<&File>> {
        self.file.flush()?;
        self.file.rewind()?;
        Ok(BufReader::with_capacity(BUFFER_BYTES, &self.file))
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(u64::try_from(written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn s35_1_what_is_spooled_is_hashed_and_read_as_often_as_wanted() {
        let mut spool = Spool::new().unwrap();
        for piece in ["交易", "时间", "\r\n"] {
            spool.write_all(piece.as_bytes()).unwrap();
        }
        assert_eq!(spool.bytes(), 14);
        assert_eq!(spool.sha256(), hex::encode(Sha256::digest("交易时间\r\n".as_bytes())));
        for _ in 0..2 {
            let mut read = String::new();
            spool.reader().unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read, "交易时间\r\n");
        }
        let mut other = Spool::new().unwrap();
        assert_eq!((other.bytes(), other.reader().unwrap().read(&mut [0; 8]).unwrap()), (0, 0), "files of their own");
    }
}
