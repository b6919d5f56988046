//! Telling (讲述): what a person reads while the journey goes on.
#![expect(clippy::print_stdout, reason = "a journey is there to be read")]

use std::fmt;

use domain::Money;

/// A heading.
pub fn step(title: impl fmt::Display) {
    println!("\n● {title}");
}

/// A line below a heading.
pub fn line(text: impl fmt::Display) {
    println!("    {text}");
}

/// An amount as people write it.
pub fn yuan(fen: i64) -> String {
    format!("{} 元", Money::from_fen(fen))
}
