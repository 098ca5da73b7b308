//! A small shop.

pub mod amount;
pub mod cart;
pub mod discount;
pub mod price;
pub mod tax;
