//! Reading the house: its folders, its sources, and the pages that are made from them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder above tests").to_path_buf()
}

/// The text of a file of the house.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files with one of the endings, below the folders; as paths within the house, in order.
pub(crate) fn files(folders: &[&str], endings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for folder in folders {
        walk(&root().join(folder), &mut found);
    }
    found.retain(|path| endings.iter().any(|ending| path.ends_with(ending)));
    found.sort();
    found
}

fn walk(folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') && !name.starts_with("__") {
                walk(&path, found);
            }
        } else {
            let inside = path.strip_prefix(root()).expect("a path of the house");
            found.push(inside.to_string_lossy().replace('\\', "/"));
        }
    }
}

/// A source file, read.
pub(crate) struct Source {
    /// Its path within the house.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Its syntax.
    pub(crate) file: syn::File,
}

impl Source {
    /// Reads a text as the source at `path`.
    pub(crate) fn of(path: &str, text: &str) -> Self {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.to_owned(), text: text.to_owned(), file }
    }

    /// Whether the file holds nothing but tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs") || self.path.starts_with("tests/")
    }
}

/// All sources below the folders.
pub(crate) fn sources(folders: &[&str]) -> Vec<Source> {
    files(folders, &[".rs"]).iter().map(|path| Source::of(path, &text(path))).collect()
}

/// Holds a page that is made from the code, or writes it anew when `UPDATE=1` is set.
#[expect(clippy::disallowed_methods, reason = "the switch of whoever runs the test")]
pub(crate) fn hold(path: &str, made: &str) {
    if env::var("UPDATE").is_ok_and(|value| value == "1") {
        fs::write(root().join(path), made).expect("the page can be written");
        return;
    }
    let kept = fs::read_to_string(root().join(path)).unwrap_or_default();
    let differs = kept.lines().zip(made.lines()).find(|(kept, made)| kept != made);
    assert!(
        kept == made,
        "{path} is not what the code says; run `make snapshots` and read the difference: {differs:?}"
    );
}

/// Fails with all complaints.
pub(crate) fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n  {}\n", complaints.join("\n  "));
}
