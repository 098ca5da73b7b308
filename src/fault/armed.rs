//! Failpoints in builds for development: what `FAILPOINTS` orders, done.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Control, Point};

/// One order of `FAILPOINTS`.
struct Order {
    name: String,
    /// Which time it strikes, from 1.
    time: usize,
    /// Whether it does so from then on.
    on: bool,
    action: String,
    passed: AtomicUsize,
}

static ORDERS: LazyLock<Vec<Order>> = LazyLock::new(|| {
    let text = std::env::var("FAILPOINTS").unwrap_or_default();
    text.split(',').filter_map(order).collect()
});

fn order(text: &str) -> Option<Order> {
    let (place, action) = text.split_once('=')?;
    let (name, time) = place.split_once('@').unwrap_or((place, "1"));
    Some(Order {
        name: name.to_owned(),
        time: time.trim_end_matches('+').parse().ok()?,
        on: time.ends_with('+'),
        action: action.to_owned(),
        passed: AtomicUsize::new(0),
    })
}

/// What is ordered for this passing of a place.
fn wanted(name: &str) -> Option<&'static str> {
    let order = ORDERS.iter().find(|order| order.name == name)?;
    let time = order.passed.fetch_add(1, Ordering::Relaxed) + 1;
    let strikes = time == order.time || (order.on && time > order.time);
    strikes.then_some(order.action.as_str())
}

/// Passes a point: nothing, or whatever a test wants to happen here.
pub fn at(point: Point) -> io::Result<()> {
    see(point);
    wanted(point.name()).map_or(Ok(()), |action| act(point, action))
}

/// Passes a point in front of a write: where there is no space, half of the bytes are written before that is
/// noticed, and a program may be killed there just as well.
pub fn before_write(point: Point, mut file: &File, bytes: &[u8]) -> io::Result<()> {
    see(point);
    let Some(action) = wanted(point.name()) else {
        return Ok(());
    };
    if matches!(action, "kill" | "nospace") {
        file.write_all(&bytes[..bytes.len() / 2])?;
    }
    act(point, action)
}

/// Whether a test wants a safeguard to be left out.
pub fn skips(control: Control) -> bool {
    let mut orders = ORDERS.iter();
    orders.any(|order| order.name == control.name() && order.action == "skip")
}

fn see(point: Point) {
    if let Some(file) = std::env::var_os("FAILPOINTS_SEEN") {
        let file = OpenOptions::new().append(true).create(true).open(file);
        let line = format!("{}\n", point.name());
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}

fn act(point: Point, action: &str) -> io::Result<()> {
    match action {
        "kill" => {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            loop {
                std::thread::park();
            }
        }
        "error" => Err(io::Error::other(format!("failpoint {}", point.name()))),
        "nospace" => Err(io::Error::from_raw_os_error(libc::ENOSPC)),
        _ => match action.strip_prefix("wait:") {
            Some(path) => wait(path),
            None => Ok(()),
        },
    }
}

/// Says with a file that this place is reached, and goes on once a pipe is closed.
fn wait(path: &str) -> io::Result<()> {
    File::create(format!("{path}.here"))?;
    File::open(format!("{path}.go"))?.read_to_end(&mut Vec::new())?;
    Ok(())
}
