//! Failure (失败): why a journey cannot go on, for whoever reads the last line.

use std::fmt;

/// Why a journey cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub String);

/// What a step comes to.
pub type Outcome<T> = Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// The chain of causes, from near to far, in one line.
    pub fn of(what: impl fmt::Display, error: &dyn std::error::Error) -> Self {
        let mut text = format!("{what}: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        Self(text)
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::of("no answer", &error)
    }
}

/// Goes on only if it holds.
pub fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome<()> {
    if holds { Ok(()) } else { Err(Failure(otherwise())) }
}
