//! Credentials (登录凭证): passwords of staff, their second factor, and how often one may guess. B1.2 K5.1.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::id::PersonId;
use crate::pii::Pii;
use crate::time::Moment;

/// Fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 12;
/// Most characters of a password.
pub const LONGEST_PASSWORD: usize = 128;
/// How long a password without a second factor lets its owner set one up.
pub const SETUP_HOURS: i64 = 72;
/// Seconds of a time step of the second factor (RFC 6238).
pub const STEP_SECONDS: i64 = 30;
/// Digits of its codes.
pub const CODE_DIGITS: usize = 6;
/// So many wrong answers are free of waiting.
pub const FREE_FAILURES: u32 = 5;
/// The longest one waits before the next answer.
pub const LONGEST_WAIT_MINUTES: i64 = 15;
/// After so long without an attempt, earlier failures are forgotten.
pub const FORGOTTEN_HOURS: i64 = 24;

/// Passwords of twelve characters and more that guessers try first, in lower case.
const WORST: [&str; 24] = [
    "password1234",
    "password12345",
    "passwordpassword",
    "p@ssw0rd1234",
    "123456789012",
    "1234567890123",
    "0123456789ab",
    "1234567890ab",
    "1234567890qwe",
    "qwertyuiop12",
    "qwertyuiop123",
    "1qaz2wsx3edc",
    "1q2w3e4r5t6y",
    "qwer1234asdf",
    "abc123456789",
    "abcd12345678",
    "abcdefghijkl",
    "a12345678901",
    "woaini1314520",
    "woaini5201314",
    "iloveyou1314",
    "admin1234567",
    "administrator",
    "zhongshan123",
];

/// Different characters a password has at least.
const DIFFERENT_CHARACTERS: usize = 6;

/// What a member of staff signs in with beside the province's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Whose it is.
    pub person: PersonId,
    /// Argon2id of the password, as a PHC string.
    pub password: Pii<String>,
    /// When the password was set.
    pub set_at: Moment,
    /// Whether somebody else knows it, so that it must be changed.
    pub must_change: bool,
    /// The second factor, once it was confirmed.
    #[serde(default)]
    pub second_factor: Option<SecondFactor>,
    /// Raised with each password: sessions of before end.
    pub epoch: u64,
}

/// A second factor: codes made of a shared secret and the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The shared secret, base 32.
    pub secret: Pii<String>,
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "password/")]
pub enum PasswordError {
    /// Fewer than [`SHORTEST_PASSWORD`] characters.
    #[error("密码至少 {SHORTEST_PASSWORD} 个字符,请加长,例如用几个不相关的词组成")]
    TooShort,
    /// More than [`LONGEST_PASSWORD`] characters.
    #[error("密码最多 {LONGEST_PASSWORD} 个字符,请缩短")]
    TooLong,
    /// Everybody tries it first.
    #[error("这个密码太常见,容易被猜中,请换一个")]
    Common,
    /// It holds the phone or the name.
    #[error("密码不能包含本人的手机号或姓名,请换一个")]
    Personal,
    /// It is the old one.
    #[error("新密码不能与原密码相同,请换一个")]
    Unchanged,
}

impl Fault for PasswordError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        vec![Pointed { pointer: "/new_password".to_owned(), detail: self.to_string() }]
    }
}

/// Checks a password its owner has chosen.
pub fn check_password(password: &str, phone: &str, name: &str) -> Result<(), PasswordError> {
    let length = password.chars().count();
    if length < SHORTEST_PASSWORD {
        return Err(PasswordError::TooShort);
    }
    if length > LONGEST_PASSWORD {
        return Err(PasswordError::TooLong);
    }
    let lower = password.to_lowercase();
    let last_digits: String = phone.chars().skip(3).collect();
    let names_owner = |text: &str| text.chars().count() >= 2 && lower.contains(&text.to_lowercase());
    if names_owner(&last_digits) || names_owner(name) {
        return Err(PasswordError::Personal);
    }
    let different: std::collections::BTreeSet<char> = lower.chars().collect();
    if WORST.contains(&lower.as_str()) || different.len() < DIFFERENT_CHARACTERS {
        return Err(PasswordError::Common);
    }
    Ok(())
}

impl Credential {
    /// A first credential. `must_change`: somebody else has chosen the password and handed it over.
    pub const fn first(person: PersonId, password: Pii<String>, must_change: bool, now: Moment) -> Self {
        Self { person, password, set_at: now, must_change, second_factor: None, epoch: 1 }
    }

    /// The owner's new password.
    pub fn change(&mut self, password: Pii<String>, now: Moment) {
        self.password = password;
        self.set_at = now;
        self.must_change = false;
        self.epoch = self.epoch.saturating_add(1);
    }

    /// An administrator's reset, the only way back in for who has lost password or second factor: another password
    /// that must be changed, and the second factor set up anew.
    pub fn reset(&mut self, password: Pii<String>, now: Moment) {
        self.change(password, now);
        self.must_change = true;
        self.second_factor = None;
    }

    /// Whether a second factor may still be set up with the password alone.
    pub const fn may_set_up(&self, now: Moment) -> bool {
        self.second_factor.is_none() && now.seconds_since(self.set_at) < SETUP_HOURS.saturating_mul(3600)
    }
}

/// The time step a code belongs to, if it is one of now, one step before or behind, and none of those up to
/// `last_step`. `code_at` gives the code of a step.
pub fn step_of(given: &str, last_step: i64, now: Moment, code_at: impl Fn(i64) -> u32) -> Option<i64> {
    let present = now.seconds().div_euclid(STEP_SECONDS);
    let steps = [present.saturating_sub(1), present, present.saturating_add(1)];
    // All are compared, so that the time it takes says nothing.
    let fits = steps.map(|step| format!("{:0CODE_DIGITS$}", code_at(step)) == given && step > last_step);
    steps.into_iter().zip(fits).find_map(|(step, fits)| fits.then_some(step))
}

/// How often somebody has guessed, kept for each account whether or not it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// Wrong answers in a row; one that is being looked at counts.
    pub failures: u32,
    /// No answer is looked at before.
    pub until: Moment,
    /// When the last one was given.
    pub last_at: Moment,
    /// The last time step whose code let the person in; it and those before are used up.
    #[serde(default)]
    pub last_step: i64,
    /// When they are forgotten; the table may forget them then.
    pub expires_at: Moment,
}

/// There were too many wrong answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("尝试次数过多,请在 {wait_seconds} 秒后再试")]
pub struct TooManyAttempts {
    /// How long to wait.
    pub wait_seconds: u32,
}

impl Fault for TooManyAttempts {
    fn kind(&self) -> Kind {
        Kind::TooMany
    }

    fn slug(&self) -> &'static str {
        "sign-in/too-many-attempts"
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        Some(self.wait_seconds)
    }
}

impl Attempts {
    /// None yet.
    pub const fn none(now: Moment) -> Self {
        Self { failures: 0, until: now, last_at: now, last_step: 0, expires_at: now }
    }

    /// An answer is going to be looked at. It counts as wrong until it is known to be right: whoever sends many at
    /// once has no more guesses than who sends them in turn.
    pub fn begin(&mut self, now: Moment) -> Result<(), TooManyAttempts> {
        if self.expires_at <= now {
            self.forget(now);
        }
        let wait = self.until.seconds_since(now);
        if wait > 0 {
            return Err(TooManyAttempts { wait_seconds: u32::try_from(wait).unwrap_or(u32::MAX) });
        }
        self.failures = self.failures.saturating_add(1);
        self.last_at = now;
        self.expires_at = now.plus_minutes(FORGOTTEN_HOURS.saturating_mul(60));
        self.until = now.plus_minutes(wait_minutes(self.failures));
        Ok(())
    }

    /// The answer was right, but there is more to answer: it does not count, those before it do.
    pub const fn take_back(&mut self) {
        self.failures = self.failures.saturating_sub(1);
        self.until = self.last_at;
    }

    /// The person is in by the code of this time step: the failures are forgotten, the code is used up.
    pub const fn clear(&mut self, step: i64, now: Moment) {
        self.forget(now);
        self.last_step = step;
        self.expires_at = now.plus_minutes(FORGOTTEN_HOURS.saturating_mul(60));
    }

    const fn forget(&mut self, now: Moment) {
        *self = Self { last_step: self.last_step, ..Self::none(now) };
    }
}

/// How long the next answer has to wait after so many wrong ones: 1, 2, 4, 8, 15 minutes.
const fn wait_minutes(failures: u32) -> i64 {
    if failures < FREE_FAILURES {
        return 0;
    }
    let doubled = match failures.saturating_sub(FREE_FAILURES) {
        0 => 1,
        1 => 2,
        2 => 4,
        3 => 8,
        _ => LONGEST_WAIT_MINUTES,
    };
    if doubled < LONGEST_WAIT_MINUTES { doubled } else { LONGEST_WAIT_MINUTES }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Moment = Moment::from_seconds(1_788_220_800);

    #[test]
    fn k5_1_a_password_is_long_and_neither_common_nor_personal() {
        let check = |password: &str| check_password(password, "13812341234", "王小明");
        assert_eq!(check("江边木棉 1987 开了"), Ok(()));
        assert_eq!(check("correct horse battery"), Ok(()));
        assert_eq!(check("elevenchars"), Err(PasswordError::TooShort));
        assert_eq!(check(&"长".repeat(11)), Err(PasswordError::TooShort));
        assert_eq!(check(&"long enough ".repeat(11)), Err(PasswordError::TooLong));
        assert_eq!(check("Password1234"), Err(PasswordError::Common));
        assert_eq!(check("ababababababab"), Err(PasswordError::Common));
        assert_eq!(check("pw-13812341234-x"), Err(PasswordError::Personal));
        assert_eq!(check("horse12341234battery"), Err(PasswordError::Personal));
        assert_eq!(check("我是王小明,我的密码不好猜"), Err(PasswordError::Personal));
        assert_eq!(PasswordError::Common.pointed().len(), 1);
    }

    #[test]
    fn b1_2_a_reset_takes_the_second_factor_and_must_be_changed() {
        let mut credential = Credential::first("T000000001".parse().unwrap(), Pii::new("a".to_owned()), false, START);
        credential.second_factor = Some(SecondFactor { secret: Pii::new("S".to_owned()) });
        credential.change(Pii::new("b".to_owned()), START);
        assert!(credential.second_factor.is_some() && !credential.must_change && credential.epoch == 2);
        credential.reset(Pii::new("c".to_owned()), START);
        assert!(credential.second_factor.is_none() && credential.must_change && credential.epoch == 3);
        assert!(credential.may_set_up(START.plus_minutes(SETUP_HOURS * 60 - 1)));
        assert!(!credential.may_set_up(START.plus_minutes(SETUP_HOURS * 60)));
        assert_eq!(format!("{:?}", credential.password), "***");
    }

    #[test]
    fn k5_1_a_code_is_good_for_its_step_and_its_neighbours_and_once() {
        let code_at = |step: i64| u32::try_from(step.rem_euclid(1_000_000)).unwrap();
        let present = START.seconds() / STEP_SECONDS;
        let code = |step: i64| format!("{:06}", code_at(step));
        for (offset, fits) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = step_of(&code(present + offset), 0, START, code_at);
            assert_eq!(found, fits.then_some(present + offset), "{offset}");
        }
        assert_eq!(step_of(&code(present), present, START, code_at), None, "used up");
        assert_eq!(step_of(&code(present - 1), present, START, code_at), None, "older than the last one used");
        assert_eq!(step_of(&code(present + 1), present, START, code_at), Some(present + 1));
        for odd in ["", "12345", "1234567", "abcdef", " 12345"] {
            assert_eq!(step_of(odd, 0, START, code_at), None, "{odd}");
        }
    }

    #[test]
    fn k5_1_waits_grow_to_a_quarter_of_an_hour() {
        let (mut attempts, mut now, mut waits) = (Attempts::none(START), START, Vec::new());
        for _ in 0..12 {
            attempts.begin(now).unwrap();
            let wait = attempts.until.seconds_since(now);
            waits.push(wait / 60);
            if wait > 0 {
                let early = attempts.begin(now.plus_seconds(wait - 1)).unwrap_err();
                assert_eq!((early.wait_seconds, early.retry_after_seconds()), (1, Some(1)));
            }
            now = now.plus_seconds(wait);
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15, 15]);
        attempts.begin(now.plus_minutes(FORGOTTEN_HOURS * 60)).unwrap();
        assert_eq!(attempts.failures, 1);
    }

    #[derive(Debug, Clone, Copy)]
    enum Answer {
        Wrong,
        RightWithMore,
        In,
    }

    proptest! {
        /// Over any sequence: within any hour no more wrong answers are looked at than the free ones, those the
        /// waits let through, and as many free ones again for each time the person came in.
        #[test]
        fn k5_1_law_nobody_guesses_faster_than_the_waits(
            moves in proptest::collection::vec(
                (0i64..1200, prop_oneof![6 => Just(Answer::Wrong), 1 => Just(Answer::RightWithMore), 1 => Just(Answer::In)]),
                1..120,
            )
        ) {
            let (mut attempts, mut now) = (Attempts::none(START), START);
            let mut wrong: Vec<Moment> = Vec::new();
            for (gap, answer) in moves {
                now = now.plus_seconds(gap);
                let before = attempts;
                let begun = attempts.begin(now);
                if let Err(TooManyAttempts { wait_seconds }) = begun {
                    prop_assert_eq!(attempts, before, "who is refused changes nothing");
                    prop_assert!(i64::from(wait_seconds) <= LONGEST_WAIT_MINUTES * 60);
                    prop_assert!(before.failures >= FREE_FAILURES);
                    continue;
                }
                match answer {
                    Answer::Wrong => wrong.push(now),
                    Answer::RightWithMore => {
                        attempts.take_back();
                        prop_assert_eq!(attempts.failures, if before.expires_at <= now { 0 } else { before.failures });
                    }
                    Answer::In => {
                        attempts.clear(7, now);
                        prop_assert_eq!((attempts.failures, attempts.last_step), (0, 7));
                        wrong.clear();
                    }
                }
                // Since the person last came in: five at once, then 1, 2, 4, 8 and 15 minutes between them.
                let recent = wrong.iter().filter(|at| now.seconds_since(**at) < 3600).count();
                prop_assert!(recent <= 5 + 4 + 4, "{} wrong answers within an hour", recent);
            }
        }
    }
}
