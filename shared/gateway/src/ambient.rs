//! Time and randomness (时间与随机数): the only source of both, so that a simulation can replay a run.

use domain::Moment;

/// What surrounds a running function: its clock and its dice.
pub trait Ambient: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Moment;

    /// A number nobody can foretell; any value is as likely as any other. What keeps a secret is made of it too, so
    /// that outside of a simulation it comes from a generator made for keys.
    fn random(&self) -> u64;
}
