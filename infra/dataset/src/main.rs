//! Writes the data set of the demo into `events/import`, or into the directory given.

use std::io::{Result, Write};
use std::path::PathBuf;

fn main() -> Result<()> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/import");
    let directory = std::env::args_os().nth(1).map_or(beside, PathBuf::from);
    std::fs::create_dir_all(&directory)?;
    for (name, bytes) in dataset::files().map_err(std::io::Error::other)? {
        std::fs::write(directory.join(&name), &bytes)?;
        writeln!(std::io::stdout(), "{name} {} bytes", bytes.len())?;
    }
    Ok(())
}
