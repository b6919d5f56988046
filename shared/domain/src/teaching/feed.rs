//! Calendar feeds (日历订阅): addresses by which a calendar on somebody's telephone follows a timetable. Whoever has the
//! address reads it, so that only its hash is kept, it is shown once, and its owner can revoke it. T3 P8.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind};
use crate::id::{PersonId, SchoolCode, StudentId};
use crate::snapshot::hash;
use crate::time::Moment;

/// Most feeds of a person.
pub const FEEDS: usize = 10;
/// Letters of a token: 32 random bytes.
const TOKEN_LETTERS: usize = 43;
/// Letters of the hash by which a feed is named: they lead to no token.
const ID_LETTERS: usize = 16;

/// Whose timetable a feed follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Followed {
    /// A child's.
    Child(StudentId),
    /// The own at a school.
    Own(SchoolCode),
}

/// A feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Hash of its token.
    pub hash: String,
    /// Whose timetable.
    pub of: Followed,
    /// Since when.
    pub at: Moment,
}

/// The feeds of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feeds {
    /// The person.
    pub person: PersonId,
    /// The feeds, the oldest first.
    pub feeds: Vec<Feed>,
}

/// Why there is no feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "calendar-feed/")]
pub enum FeedError {
    /// As many as somebody may have.
    #[error("每人最多 {FEEDS} 个日历订阅,请先取消不再使用的订阅")]
    TooMany,
}

impl Fault for FeedError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooMany => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// The hash by which a token is known again; none: it is not like one.
pub fn token_hash(token: &str) -> Option<String> {
    let letters = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_';
    (token.len() == TOKEN_LETTERS && token.bytes().all(letters)).then(|| hash(token.as_bytes()))
}

impl Feed {
    /// By what its owner names it.
    pub fn id(&self) -> &str {
        self.hash.get(..ID_LETTERS).unwrap_or(&self.hash)
    }
}

impl Feeds {
    /// Of a person who has none.
    pub const fn new(person: PersonId) -> Self {
        Self { person, feeds: Vec::new() }
    }

    /// The feed of a token's hash.
    pub fn by_hash(&self, hash: &str) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.hash == hash)
    }

    /// Adds a feed.
    pub fn add(&mut self, hash: String, of: Followed, now: Moment) -> Result<(), FeedError> {
        if self.feeds.len() >= FEEDS {
            return Err(FeedError::TooMany);
        }
        self.feeds.push(Feed { hash, of, at: now });
        Ok(())
    }

    /// Revokes a feed. Returns whether there was one.
    pub fn revoke(&mut self, id: &str) -> bool {
        let before = self.feeds.len();
        self.feeds.retain(|feed| feed.id() != id);
        self.feeds.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_788_220_800);

    #[test]
    fn p8_1_a_feed_is_known_by_the_hash_of_its_token_until_it_is_revoked() {
        let hash = token_hash(&"a".repeat(43)).unwrap();
        let mut feeds = Feeds::new("G000000001".parse().unwrap());
        feeds.add(hash.clone(), Followed::Child("S000000001".parse().unwrap()), NOW).unwrap();
        let id = feeds.by_hash(&hash).unwrap().id().to_owned();
        assert!(id.len() == ID_LETTERS && !feeds.revoke("other"));
        assert!(feeds.revoke(&id) && feeds.by_hash(&hash).is_none());
    }

    #[test]
    fn p8_1_a_person_has_few_feeds() {
        let mut feeds = Feeds::new("T000000001".parse().unwrap());
        let own = || Followed::Own("3144200101".parse().unwrap());
        for no in 0..FEEDS {
            feeds.add(format!("{no:043}"), own(), NOW).unwrap();
        }
        assert_eq!(feeds.add("x".to_owned(), own(), NOW), Err(FeedError::TooMany));
    }

    #[test]
    fn p8_1_what_is_not_like_a_token_is_none() {
        for text in ["", "a", &"a".repeat(42), &"a".repeat(44), &"中".repeat(43), &format!("{}.", "a".repeat(42))] {
            assert_eq!(token_hash(text), None, "{text}");
        }
    }
}
