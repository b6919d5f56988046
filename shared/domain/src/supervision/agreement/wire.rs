//! What goes to and fro while two sides compare (核对报文): the same on both ends, and what its cost is measured on. P7.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Listed, Node};
use crate::id::SchoolCode;
use crate::supervision::digest::Brief;

/// A question about some nodes.
#[derive(Debug, Serialize)]
pub struct Asked<'a> {
    /// The school.
    pub school: &'a SchoolCode,
    /// The nodes.
    pub nodes: &'a [Node],
}

/// The digests of the parts of each node, in the order of the question.
#[derive(Debug, Serialize, Deserialize)]
pub struct DigestsTold {
    /// By the names of the parts.
    pub nodes: Vec<BTreeMap<String, Brief>>,
}

/// The records of each node, in the order of the question.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListingsTold {
    /// Source number, version and hash of each.
    pub nodes: Vec<Vec<Listed>>,
}
