//! What a program leaves behind where there is no namespace that ends with it.
//!
//! A process outside of the walls stays, and is whose child everything becomes that loses its parent: processes in a
//! session or group of their own, too. When the program has ended it ends all of them, one generation after the other,
//! and only then ends itself as the program did. So nothing that one run started changes what the next one finds.

use std::fs;
use std::time::{Duration, Instant};

use super::sys;

/// Time between asking everything to end and making it: the harness waits two seconds before it makes us.
const GRACE: Duration = Duration::from_millis(1200);
/// How long ending everything may take. What hangs in a broken device cannot be ended, and is no clean end of a run.
const LAST_BREATH: Duration = Duration::from_secs(10);
/// How often those that are left are looked for again.
const LOOK: Duration = Duration::from_millis(1);

/// Waits until the program has ended, and ends everything else that it started. Gives how it ended, as the kernel says;
/// whatever could not be ended is an end by force.
pub(super) fn wait_for(program: i32, harness: u32) -> i32 {
    let mut watch = Watch { program, status: None };
    let mut kill_at: Option<Instant> = None;
    while watch.somebody_is_left() && watch.status.is_none() {
        let left = kill_at.map(|at| at.saturating_duration_since(Instant::now()));
        match sys::next_signal(left) {
            Some(libc::SIGCHLD) => {}
            Some(request) => {
                // This is also how the kernel tells that the harness has ended: nobody waits for anything any more.
                if std::os::unix::process::parent_id() != harness {
                    break;
                }
                // It is not reaped yet, so its group cannot have become another's.
                sys::send(-program, request);
                children().into_iter().for_each(|child| sys::send(child, request));
                kill_at.get_or_insert_with(|| Instant::now() + GRACE);
            }
            None if left.is_some_and(|left| left.is_zero()) => break,
            None => {}
        }
    }
    let until = Instant::now() + LAST_BREATH;
    while watch.somebody_is_left() {
        if Instant::now() > until {
            return libc::SIGKILL;
        }
        // Stopped first, so that none of them answers another's end by starting more. Nobody but us reaps them, so their
        // numbers stay theirs.
        let children = children();
        for signal in [libc::SIGSTOP, libc::SIGKILL] {
            for child in &children {
                sys::send(*child, signal);
                sys::send(-child, signal);
            }
        }
        sys::next_signal(Some(LOOK));
    }
    // Who was not seen to end well did not.
    watch.status.unwrap_or(libc::SIGKILL)
}

struct Watch {
    program: i32,
    status: Option<i32>,
}

impl Watch {
    /// Reaps whoever has ended; whether anybody is left.
    fn somebody_is_left(&mut self) -> bool {
        loop {
            match sys::reap() {
                Ok(Some((child, how))) if child == self.program => self.status = Some(how),
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }
}

/// This process's children.
fn children() -> Vec<i32> {
    let list = fs::read_to_string("/proc/thread-self/children");
    match list {
        Ok(list) => list.split_whitespace().filter_map(|word| word.parse().ok()).collect(),
        // A kernel may be built without the list.
        Err(_) => children_by_search(),
    }
}

fn children_by_search() -> Vec<i32> {
    let own = std::process::id().to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_child = |number: &i32| {
        let line = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        // The program's name stands in brackets and may hold anything; state and parent follow it.
        let rest = line.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        rest.split_whitespace().nth(1) == Some(&own)
    };
    numbers.filter(is_child).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_find_children_find_them() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let number = i32::try_from(child.id()).unwrap();
        let found = [children(), children_by_search()].map(|found| found.contains(&number));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found, [true, true]);
        assert!(!children_by_search().contains(&number));
    }
}
