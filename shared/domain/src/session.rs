//! Sessions (会话): how long a sign-in lasts, and what it means when a token comes twice. B1.2 K5.1.
//!
//! A session is a family of refresh tokens, one good at a time. Who presents an old one has it from somebody: then
//! nobody can tell the thief from the owner, and the whole family ends.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind};
use crate::id::{PersonId, SessionId};
use crate::time::Moment;

/// How long an access token is good.
pub const ACCESS_MINUTES: i64 = 15;
/// How long a session lasts that nobody uses.
pub const IDLE_DAYS: i64 = 30;
/// How long a session lasts at most.
pub const LONGEST_DAYS: i64 = 90;
/// For so long the token before the present one gives the present one again: its answer may have been lost on the
/// way. Two tabs of one browser meet here too.
pub const GRACE_SECONDS: i64 = 30;

const DAY_SECONDS: i64 = 86_400;

/// How a person has come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By the province's unified identity.
    Province,
    /// By password and second factor.
    Password {
        /// Which password it was: another one ends the session.
        epoch: u64,
    },
}

/// Why a session is over before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Ending {
    /// The person has signed out.
    SignedOut,
    /// An old token was presented.
    Reused,
    /// The account was frozen.
    Frozen,
    /// The password was changed or taken back.
    PasswordChanged,
    /// The person holds no role any more.
    NoRole,
}

/// The token before the present one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predecessor {
    /// Its hash.
    pub token: String,
    /// What makes the present token out of it.
    pub salt: String,
}

/// A session. It holds hashes of tokens and no token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Whose it is.
    pub person: PersonId,
    /// How the person came in.
    pub way: Way,
    /// Since when.
    pub begun_at: Moment,
    /// When the present token was given out first.
    pub rotated_at: Moment,
    /// Hash of the token that is good now.
    pub token: String,
    /// The one before.
    #[serde(default)]
    pub before: Option<Predecessor>,
    /// Why it is over.
    #[serde(default)]
    pub ended: Option<Ending>,
    /// When it is over by itself; the table may forget it then.
    pub expires_at: Moment,
}

/// What a presented token asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// The next token.
    Next,
    /// The present token once more, made out of the presented one with this salt.
    Again {
        /// [`Predecessor::salt`].
        salt: String,
    },
}

/// Why a session is not renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "session/")]
pub enum SessionError {
    /// There is no such session, or the token does not read.
    #[error("登录状态无效,请重新登录")]
    Unknown,
    /// Nobody has used it for [`IDLE_DAYS`], or it is older than [`LONGEST_DAYS`].
    #[error("登录已过期,请重新登录")]
    Expired,
    /// It was ended.
    #[error("登录已退出,请重新登录")]
    Ended,
    /// An old token: the family is ended.
    #[error("登录凭据被重复使用,为保护账号已退出登录,请重新登录")]
    Reused,
}

impl Fault for SessionError {
    fn kind(&self) -> Kind {
        Kind::UnknownCaller
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

impl Session {
    /// A session that begins with the token of this hash.
    pub fn begin(id: SessionId, person: PersonId, way: Way, token: String, now: Moment) -> Self {
        let mut session =
            Self { id, person, way, begun_at: now, rotated_at: now, token, before: None, ended: None, expires_at: now };
        session.prolong(now);
        session
    }

    /// What a token with this hash asks for.
    pub fn present(&self, token: &str, now: Moment) -> Result<Presented, SessionError> {
        if self.ended.is_some() {
            return Err(SessionError::Ended);
        }
        if self.expires_at <= now {
            return Err(SessionError::Expired);
        }
        if self.token == token {
            return Ok(Presented::Next);
        }
        let within_grace = now.seconds_since(self.rotated_at) <= GRACE_SECONDS;
        match &self.before {
            Some(before) if before.token == token && within_grace => Ok(Presented::Again { salt: before.salt.clone() }),
            Some(_) | None => Err(SessionError::Reused),
        }
    }

    /// Puts the token of this hash in the place of the present one, from which `salt` has made it.
    pub fn rotate(&mut self, token: String, salt: String, now: Moment) {
        let old = std::mem::replace(&mut self.token, token);
        self.before = Some(Predecessor { token: old, salt });
        self.prolong(now);
    }

    /// Ends it. What is over already keeps its reason.
    pub fn end(&mut self, why: Ending) {
        self.ended.get_or_insert(why);
    }

    fn prolong(&mut self, now: Moment) {
        self.rotated_at = now;
        let idle = now.plus_seconds(IDLE_DAYS.saturating_mul(DAY_SECONDS));
        self.expires_at = idle.min(self.begun_at.plus_seconds(LONGEST_DAYS.saturating_mul(DAY_SECONDS)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Moment = Moment::from_seconds(1_788_220_800);

    fn session() -> Session {
        let id = "0123456789abcdef0123456789abcdef".parse().unwrap();
        Session::begin(id, "G000000001".parse().unwrap(), Way::Province, "t0".to_owned(), START)
    }

    #[test]
    fn k5_1_the_present_token_asks_for_the_next() {
        let mut session = session();
        assert_eq!(session.present("t0", START), Ok(Presented::Next));
        session.rotate("t1".to_owned(), "s1".to_owned(), START);
        assert_eq!(session.present("t1", START), Ok(Presented::Next));
    }

    #[test]
    fn k5_1_a_lost_answer_is_given_again_for_half_a_minute() {
        let mut session = session();
        session.rotate("t1".to_owned(), "s1".to_owned(), START);
        let again = Ok(Presented::Again { salt: "s1".to_owned() });
        assert_eq!(session.present("t0", START.plus_seconds(GRACE_SECONDS)), again);
        assert_eq!(session.present("t0", START.plus_seconds(GRACE_SECONDS + 1)), Err(SessionError::Reused));
        session.rotate("t2".to_owned(), "s2".to_owned(), START);
        assert_eq!(session.present("t0", START), Err(SessionError::Reused), "its successor was used");
    }

    #[test]
    fn k5_1_a_session_ends_by_rest_by_age_and_by_hand() {
        let days = |days: i64| START.plus_seconds(days * DAY_SECONDS);
        let mut idle = session();
        assert!(idle.present("t0", days(IDLE_DAYS).plus_seconds(-1)).is_ok());
        assert_eq!(idle.present("t0", days(IDLE_DAYS)), Err(SessionError::Expired));
        for day in [29, 58, 87] {
            idle.rotate("t0".to_owned(), String::new(), days(day));
        }
        assert!(idle.present("t0", days(LONGEST_DAYS).plus_seconds(-1)).is_ok());
        assert_eq!(idle.present("t0", days(LONGEST_DAYS)), Err(SessionError::Expired));
        let mut ended = session();
        ended.end(Ending::Reused);
        ended.end(Ending::SignedOut);
        assert_eq!((ended.present("t0", START), ended.ended), (Err(SessionError::Ended), Some(Ending::Reused)));
    }

    proptest! {
        /// Whatever tokens come in whatever order: only the present one moves on, and only its predecessor repeats.
        #[test]
        fn k5_1_law_one_token_moves_a_session_on(moves in proptest::collection::vec((0usize..6, 0i64..60), 1..40)) {
            let (mut session, mut now, mut present) = (session(), START, 0usize);
            for (back, gap) in moves {
                now = now.plus_seconds(gap);
                let number = present.saturating_sub(back);
                match session.present(&format!("t{number}"), now) {
                    Ok(Presented::Next) => {
                        prop_assert_eq!(number, present);
                        present += 1;
                        session.rotate(format!("t{present}"), format!("s{present}"), now);
                    }
                    Ok(Presented::Again { salt }) => {
                        prop_assert_eq!(number + 1, present);
                        prop_assert_eq!(salt, format!("s{present}"));
                        prop_assert!(now.seconds_since(session.rotated_at) <= GRACE_SECONDS);
                    }
                    Err(error) => {
                        prop_assert_eq!(error, SessionError::Reused);
                        prop_assert!(number < present);
                        session.end(Ending::Reused);
                        prop_assert_eq!(session.present(&format!("t{present}"), now), Err(SessionError::Ended));
                        return Ok(());
                    }
                }
            }
        }
    }
}
