//! Servers that the tests play themselves: real sockets on the loopback, and every byte under the test's control.

pub mod model_server;
