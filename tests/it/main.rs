//! Stories with the real binary on real repositories, one file for each part of the product.

#![expect(clippy::unwrap_used, reason = "in a test a surprise is a failure")]

mod architecture;
mod attended;
mod audit;
mod doctor;
mod fence;
mod fewer_tests;
mod hooks;
mod hostile;
mod plans;
mod record;
mod rollback;
mod run;
mod sandbox;
mod secrets;
