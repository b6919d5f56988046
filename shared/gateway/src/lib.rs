//! Systems we do not own (外部系统): the clock and dice, payment channels, identity providers, messages, objects, queues,
//! secrets, keys and the signer.
//!
//! Everything here speaks through seams that the simulation can hold: HTTP through the connector that the AWS clients
//! use too, time and randomness through [`ambient::Ambient`]. Errors are technical: English, for the log.

pub mod ambient;
pub mod channel;
pub mod data_key;
pub mod http;
pub mod identity;
pub mod message;
pub mod object;
mod outage;
pub mod queue;
pub mod secret;
pub mod signer;
pub mod supervision;
