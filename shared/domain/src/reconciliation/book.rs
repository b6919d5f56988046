//! Book (对账底账): our money facts of a day, packed so that a million of them fit beside a bill that streams past. S35.
//!
//! A fact is found by a hash of its number. Ninety-six bits of it are kept, so that of a million facts against a million
//! rows two that differ are taken for one with a chance of one in ten to the seventeenth; the numbers themselves lie
//! one behind the other and are read only for what was not met.

use crate::money::Money;
use crate::payment::Channel;
use crate::reconciliation::bill::{FeeRate, RowKind};
use crate::tenant::Tenant;

/// How a fact stands in our books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Standing {
    /// Final: paid, or given back.
    Settled,
    /// Not final: it waits for the provider's word.
    Open,
    /// Over without money having moved: a closed payment, a closed or rejected refund.
    Ended,
    /// Paid for nothing, and nothing is set aside to go back.
    Unreturned,
}

/// A school's merchant within a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MerchantId(u16);

/// A fact of our books.
#[derive(Debug, Clone, Copy)]
pub struct LedgerRow<'a> {
    /// A payment or a refund.
    pub kind: RowKind,
    /// Our number of it.
    pub number: &'a str,
    /// The provider's number of the transaction; empty when it is not known.
    pub transaction: &'a str,
    /// Where the money went.
    pub merchant: MerchantId,
    /// How much.
    pub amount: Money,
    /// How it stands.
    pub standing: Standing,
}

/// A merchant number and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merchant {
    pub(crate) number: String,
    pub(crate) of: Tenant,
    pub(crate) agreed: Option<FeeRate>,
}

/// A fact, packed into 32 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    hash: u64,
    check: u32,
    transaction: u32,
    pub(crate) amount: Money,
    name: u32,
    merchant: u16,
    pub(crate) standing: Standing,
    flags: u8,
}

const REFUND: u8 = 1;
const MET: u8 = 2;

/// Our money facts of a day at one provider.
#[derive(Debug)]
pub struct Book {
    pub(crate) channel: Channel,
    merchants: Vec<Merchant>,
    slots: Vec<Slot>,
    /// By hash: the slot's number, from 1, below eight bits of the hash; 0 is free. Made when the book is opened.
    places: Vec<u32>,
    /// Numbers with their length in front.
    names: Vec<u8>,
}

/// Why a fact has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// More merchants than a book takes.
    #[error("more than 65,535 merchants in one book")]
    Merchants,
    /// More facts, or longer numbers, than a book takes.
    #[error("more facts than one book takes")]
    Facts,
}

impl Book {
    /// An empty book.
    pub const fn new(channel: Channel) -> Self {
        Self { channel, merchants: Vec::new(), slots: Vec::new(), places: Vec::new(), names: Vec::new() }
    }

    /// Enters a merchant number, whose it is, and the rate that was agreed on for it; none: each row's own is what its
    /// fee is held against.
    pub fn merchant(&mut self, number: &str, of: Tenant, agreed: Option<FeeRate>) -> Result<MerchantId, BookError> {
        let id = u16::try_from(self.merchants.len()).map_err(|_many| BookError::Merchants)?;
        self.merchants.push(Merchant { number: number.to_owned(), of, agreed });
        Ok(MerchantId(id))
    }

    /// Enters a fact. One that is entered twice, as one that was carried over from another day may be, counts once.
    pub fn enter(&mut self, row: &LedgerRow<'_>) -> Result<(), BookError> {
        if self.slots.len() >= MOST_FACTS {
            return Err(BookError::Facts);
        }
        let (hash, check) = hashed(row.kind, row.number);
        let name = u32::try_from(self.names.len()).map_err(|_many| BookError::Facts)?;
        self.names.push(u8::try_from(row.number.len()).map_err(|_long| BookError::Facts)?);
        self.names.extend_from_slice(row.number.as_bytes());
        self.slots.push(Slot {
            hash,
            check,
            transaction: mark(row.transaction),
            amount: row.amount,
            name,
            merchant: row.merchant.0,
            standing: row.standing,
            flags: if row.kind == RowKind::Refund { REFUND } else { 0 },
        });
        Ok(())
    }

    /// Opens the book: from now on its facts are found. All at once, since the places of a million facts lie far from
    /// each other and are reached faster when nothing is done in between.
    pub(crate) fn open(&mut self) {
        // At most two of three places are taken: more free ones would lie in more pages than a processor finds at once.
        self.places = vec![0; self.slots.len().saturating_mul(3).div_ceil(2).saturating_add(2)];
        for at in 0..self.slots.len() {
            let Some(Slot { hash, check, .. }) = self.slots.get(at).copied() else { continue };
            let free = self.look(Sought { hash, check });
            match (free, self.slots.get_mut(at), u32::try_from(at)) {
                (Look::Free(place), _, Ok(number)) => {
                    if let Some(place) = self.places.get_mut(place) {
                        *place = number.saturating_add(1) | tag(hash);
                    }
                }
                // The fact entered first is the one that is met; this one is none of its own.
                (Look::Taken(_), Some(again), _) => again.flags |= MET,
                (Look::Free(_) | Look::Taken(_), _, _) => {}
            }
        }
    }

    /// Facts in the book.
    pub const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether it holds no fact.
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The facts that no row of the bill has met, in the order in which they were entered.
    pub(crate) fn unmet(&self) -> impl Iterator<Item = (&Slot, RowKind, &str)> {
        self.slots.iter().filter(|slot| slot.flags & MET == 0).map(|slot| (slot, slot.kind(), self.name(slot)))
    }

    /// Reaches for where facts most likely lie, all of them side by side, so that they are near when they are looked for.
    pub(crate) fn reach(&self, sought: impl Iterator<Item = Sought>) {
        let places = self.places.len();
        let marks = sought.filter_map(|Sought { hash, .. }| self.places.get(place(hash, places)));
        std::hint::black_box(marks.fold(0u32, |all, mark| all ^ mark));
    }

    /// The fact of a number.
    pub(crate) fn find(&mut self, sought: Sought) -> Option<&mut Slot> {
        match self.look(sought) {
            Look::Taken(at) => self.slots.get_mut(at),
            Look::Free(_) => None,
        }
    }

    /// The merchant of a fact.
    pub(crate) fn merchant_of(&self, merchant: u16) -> Option<&Merchant> {
        self.merchants.get(usize::from(merchant))
    }

    /// The merchants.
    pub(crate) fn merchants(&self) -> &[Merchant] {
        &self.merchants
    }

    fn name(&self, slot: &Slot) -> &str {
        let start = usize::try_from(slot.name).unwrap_or(usize::MAX);
        let length = self.names.get(start).copied().map_or(0, usize::from);
        let text = self.names.get(start.saturating_add(1)..).and_then(|rest| rest.get(..length));
        text.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// Where a number lies, or would lie.
    fn look(&self, Sought { hash, check }: Sought) -> Look {
        let mut at = place(hash, self.places.len());
        loop {
            let Some(taken) = self.places.get(at).copied().filter(|taken| *taken != 0) else { return Look::Free(at) };
            if taken & !NUMBER == tag(hash) {
                let number = usize::try_from(taken & NUMBER).unwrap_or_default().wrapping_sub(1);
                if self.slots.get(number).is_some_and(|slot| slot.hash == hash && slot.check == check) {
                    return Look::Taken(number);
                }
            }
            // Behind the last place comes the first.
            at = Some(at.saturating_add(1)).filter(|next| *next < self.places.len()).unwrap_or_default();
        }
    }
}

/// A number that is looked for, hashed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sought {
    hash: u64,
    check: u32,
}

impl Sought {
    /// A number of ours, of a payment or a refund.
    pub(crate) fn of(kind: RowKind, number: &str) -> Self {
        let (hash, check) = hashed(kind, number);
        Self { hash, check }
    }
}

/// What lies at the place of a hash.
enum Look {
    /// Nothing, at this place.
    Free(usize),
    /// This slot.
    Taken(usize),
}

impl Slot {
    /// A payment or a refund.
    pub(crate) const fn kind(&self) -> RowKind {
        if self.flags & REFUND == 0 { RowKind::Payment } else { RowKind::Refund }
    }

    /// Notes that a row met it; true when one had before.
    pub(crate) const fn meet(&mut self) -> bool {
        let before = self.flags & MET != 0;
        self.flags |= MET;
        before
    }

    /// Whether a transaction may be its own.
    pub(crate) fn is_of(&self, transaction: &str) -> bool {
        self.transaction == 0 || self.transaction == mark(transaction)
    }

    /// Its merchant's place in the book.
    pub(crate) const fn merchant(&self) -> u16 {
        self.merchant
    }
}

/// Bits of a place that hold the slot's number; those above hold a part of its hash, so that a slot is read only when it
/// is most likely the right one.
const NUMBER: u32 = (1 << 24) - 1;

/// Facts of one book.
const MOST_FACTS: usize = (1 << 24) - 2;

/// Where a hash looks first among so many places: its low half as a share of them.
fn place(hash: u64, places: usize) -> usize {
    let share = (hash & u64::from(u32::MAX)).saturating_mul(u64::try_from(places).unwrap_or_default()) >> 32;
    usize::try_from(share).unwrap_or_default()
}

/// The part of a hash that stands in its place: of the bits that do not choose the place.
fn tag(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default() & !NUMBER
}

/// Odd numbers without a pattern: the digits of pi.
const LEFT: u64 = 0x243f_6a88_85a3_08d3;
const RIGHT: u64 = 0x1319_8a2e_0370_7345;
const END: u64 = 0xa409_3822_299f_31d1;

/// A multiplication whose two halves are folded into one: every bit of the factors reaches every bit of it.
fn fold(one: u64, other: u64) -> u64 {
    let wide = u128::from(one).wrapping_mul(u128::from(other));
    let half = |wide: u128| u64::try_from(wide & u128::from(u64::MAX)).unwrap_or_default();
    half(wide) ^ half(wide >> 64)
}

/// Sixty-four bits of a text, by one of two ways that know nothing of each other.
fn lane(text: &[u8], start: u64, factor: u64) -> u64 {
    let mut chunks = text.chunks_exact(8);
    let mut hash = start;
    for chunk in &mut chunks {
        hash = fold(hash ^ u64::from_le_bytes(chunk.try_into().unwrap_or_default()), factor);
    }
    let rest = chunks.remainder().iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    let length = u64::try_from(text.len()).unwrap_or_default();
    fold(fold(hash ^ rest, factor) ^ length, END)
}

/// Ninety-six bits of a number. Numbers are ours and the provider's, so nobody chooses them to collide.
fn hashed(kind: RowKind, number: &str) -> (u64, u32) {
    let start = if kind == RowKind::Refund { RIGHT } else { LEFT };
    let check = lane(number.as_bytes(), start.rotate_left(32), RIGHT);
    (lane(number.as_bytes(), start, LEFT), u32::try_from(check >> 32).unwrap_or_default())
}

/// Thirty-two bits of a transaction's number; never 0, which is none.
fn mark(transaction: &str) -> u32 {
    let mark = u32::try_from(lane(transaction.as_bytes(), END, RIGHT) >> 32).unwrap_or_default();
    if transaction.is_empty() { 0 } else { mark.max(1) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn s35_1_a_fact_takes_thirty_two_bytes() {
        assert_eq!(size_of::<Slot>(), 32);
    }

    #[test]
    fn s35_1_numbers_that_differ_little_hash_apart() {
        let mut seen = HashSet::new();
        for number in 0..200_000u32 {
            let name = format!("20261-{:010}-{:02}-1", number / 7, number % 7);
            assert!(seen.insert(hashed(RowKind::Payment, &name)));
            assert!(seen.insert(hashed(RowKind::Refund, &name)));
        }
        // As a table of places sees them: no place is crowded.
        let mut places = vec![0u8; 1 << 12];
        for (hash, _) in &seen {
            places[place(*hash, 1 << 12)] += 1;
        }
        assert!(places.iter().all(|crowd| (30..190).contains(crowd)), "{:?}", places.iter().max());
    }

    #[test]
    fn s35_1_a_fact_is_entered_once_and_found_by_its_kind() {
        let mut book = Book::new(Channel::Wechat);
        let merchant = book.merchant("1900000201", Tenant::Platform, None).unwrap();
        for number in 0..5_000u32 {
            let number = format!("{number}");
            let row = LedgerRow {
                kind: RowKind::Payment,
                number: &number,
                transaction: "42",
                merchant,
                amount: Money::from_fen(1),
                standing: Standing::Settled,
            };
            assert_eq!((book.enter(&row), book.enter(&row)), (Ok(()), Ok(())));
        }
        book.open();
        let of = Sought::of;
        assert!(book.find(of(RowKind::Refund, "17")).is_none());
        assert!(book.find(of(RowKind::Payment, "5000")).is_none());
        assert!(!book.find(of(RowKind::Payment, "17")).unwrap().meet());
        assert!(book.find(of(RowKind::Payment, "17")).unwrap().meet());
        assert_eq!(book.unmet().count(), 4_999);
        assert_eq!(book.unmet().next().map(|(_, _, name)| name), Some("0"));
    }
}
