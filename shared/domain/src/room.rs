//! Rooms (场室): where lessons are given. S4.1.

use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{RoomId, SchoolCode};

/// Most people a room takes.
pub const CAPACITY: std::ops::RangeInclusive<u16> = 1..=2000;

/// A room of a school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// School and code.
    pub id: RoomId,
    /// The school.
    pub school: SchoolCode,
    /// Its name, as 书法室.
    pub name: String,
    /// Where it is, as 综合楼三楼.
    pub place: String,
    /// What it is for, as 书法、国画.
    pub purpose: String,
    /// How many people it takes.
    pub capacity: u16,
    /// Whether it is not used any more.
    #[serde(default)]
    pub retired: bool,
}

/// Why a room cannot be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "room/")]
pub enum RoomError {
    /// No name, or a long one.
    #[error("场室名称应为 1 至 40 个字")]
    NameUnusable,
    /// A long place or purpose.
    #[error("场室位置和用途各不超过 100 个字")]
    TextTooLong,
    /// Nobody, or more than a hall takes.
    #[error("场室容量应为 1 至 2000 人")]
    CapacityOutOfRange,
    /// There is a room of this code.
    #[error("该编号的场室已存在,请使用其他编号")]
    Exists,
}

impl Fault for RoomError {
    fn kind(&self) -> Kind {
        match self {
            Self::NameUnusable | Self::TextTooLong | Self::CapacityOutOfRange => Kind::Invalid,
            Self::Exists => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::NameUnusable => "name",
            Self::TextTooLong => "place",
            Self::CapacityOutOfRange => "capacity",
            Self::Exists => return Vec::new(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

impl Room {
    /// The same, if it can be so.
    pub fn checked(self) -> Result<Self, RoomError> {
        let length = |text: &str| text.trim().chars().count();
        if !(1..=40).contains(&length(&self.name)) {
            return Err(RoomError::NameUnusable);
        }
        if length(&self.place) > 100 || length(&self.purpose) > 100 {
            return Err(RoomError::TextTooLong);
        }
        if CAPACITY.contains(&self.capacity) { Ok(self) } else { Err(RoomError::CapacityOutOfRange) }
    }
}

impl Owned for Room {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Room {
        Room {
            id: "3144200101.R301".parse().unwrap(),
            school: "3144200101".parse().unwrap(),
            name: "书法室".to_owned(),
            place: "综合楼三楼".to_owned(),
            purpose: "书法".to_owned(),
            capacity: 40,
            retired: false,
        }
    }

    #[test]
    fn s4_1_a_room_has_a_name_and_takes_somebody() {
        assert!(room().checked().is_ok());
        assert_eq!(Room { name: " ".to_owned(), ..room() }.checked(), Err(RoomError::NameUnusable));
        assert_eq!(Room { place: "楼".repeat(101), ..room() }.checked(), Err(RoomError::TextTooLong));
        assert_eq!(Room { capacity: 0, ..room() }.checked(), Err(RoomError::CapacityOutOfRange));
        assert_eq!(room().id.school(), room().school);
    }
}
