//! Journeys over the local cloud (端到端): the real template and the real binaries, over HTTP, from outside. Started by
//! `infra/local/cloud.py run`, which says where the cloud is; all tests share it, each with a family of its own.
#![expect(
    clippy::tests_outside_test_module,
    clippy::indexing_slicing,
    reason = "every function of this target is a test or serves one; what an answer lacks is null"
)]

mod access;
mod audit;
mod base;
mod bill;
mod callback;
mod door;
mod import;
mod instalment;
mod main_job;
mod order;
mod people;
mod privacy;
mod refund;
mod scene;
mod settlement;
mod sign_in;
mod supervision;
mod teaching;
