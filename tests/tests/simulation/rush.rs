//! The opening rush: thousands of guardians press at once.
