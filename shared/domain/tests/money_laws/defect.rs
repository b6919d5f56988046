//! Planted defects: rules as they must not be. Each is what somebody in a hurry might write, and the laws have to find it.

/// A rule that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    /// What is set aside already is not looked at.
    ReserveForgets,
    /// Every notice that a refund was given up frees its amount once more.
    FreedTwice,
    /// What a statement says of the amount is not compared.
    AmountNotCompared,
    /// A payment of an order that is paid already counts too.
    CountedTwice,
    /// What pays nothing is kept.
    NothingGoesBack,
    /// Seats are taken again without asking whether they are free.
    SeatTakenBlindly,
    /// Each entry is posted twice.
    PostedTwice,
    /// The last word about a refund is its state.
    LastWordWins,
    /// What a late notice of trouble says is noted, though the refund is over.
    TroubleNotedLate,
    /// What was closed is never asked about again, though the bill says that it is paid.
    ClosedForGood,
    /// A payment that nobody waits for any more stays open at the provider.
    LeftOpen,
    /// Whose merchant got the money is not compared.
    MerchantNotCompared,
    /// Each part of a split is rounded for itself.
    PartsRounded,
    /// What went back by a waiver before is not looked at.
    WaivedAgain,
    /// What went back of missed lessons before is not looked at.
    AccruedAgain,
    /// A refund ends without its snapshot.
    NoSnapshot,
}
