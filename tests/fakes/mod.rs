//! Servers that the tests play themselves: real sockets on the loopback, and every byte under the test's control; and
//! people, who sit at real terminals.

pub mod model_server;
pub mod person;
