//! The hidden mode of the program: it builds the walls, and becomes the program that was asked for.
//!
//! In the overlay tier three processes are left: the outer one, which the harness knows and may end; the first process
//! of the namespace, whose end ends everything in it; and the program. The outer one is outside of the namespace of
//! processes, so that nothing inside can name it, and it is the program's parent: what the harness learns of the
//! program's end is what the kernel tells the outer one. Nobody inside is asked, and nobody inside holds a descriptor of
//! ours: the first process has none open at all. In the lower tiers there are the outer one and the program, and the
//! outer one ends what the program leaves behind (`remains.rs`).

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, PipeWriter, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::domain::check::FenceTier;
use crate::domain::network::Network;

use super::walls::{Broken, broken};
use super::watch::Watch;
use super::{Confinement, MODE, Order, door, mounts, probe, remains, sys, tried, walls};

/// What the report says where the walls stood.
pub(super) const READY: &str = "ready\n";

/// What it says besides where nothing read a file in the folder that was to be watched.
pub(super) const UNREAD: &str = "unread\n";

/// The exit code where they did not; whoever asks looks into the report, not at this.
const NO_WALLS: u8 = 125;

/// Time between asking everything in a namespace to end and making it: less than the harness waits before it makes us.
const GRACE: Duration = Duration::from_millis(1600);

/// Does what the hidden mode was asked for, if it was. Called first of all, while the process has one thread.
pub fn enter_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let mode = arguments.next()?;
    if mode == probe::MODE {
        return Some(tried::try_everything(arguments.next()));
    }
    if mode != MODE {
        return None;
    }
    let place = PathBuf::from(arguments.next()?);
    let order = fs::read(&place)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    let argv: Vec<OsString> = arguments.collect();
    let Some(order): Option<Order> = order else {
        return Some(ExitCode::from(NO_WALLS));
    };
    let order = Order {
        confinement: order.confinement.real(),
        ..order
    };
    Some(enter(&order, &place, &argv))
}

/// Only returns where something went wrong.
fn enter(order: &Order, report: &Path, argv: &[OsString]) -> ExitCode {
    // What whoever started the harness had left open is none of the program's, nor of ours.
    if sys::close_others().is_err() {
        return ExitCode::from(NO_WALLS);
    }
    // Opened before the machine becomes read-only, and closed on becoming the program.
    let Ok(mut report) = OpenOptions::new().write(true).truncate(true).open(report) else {
        return ExitCode::from(NO_WALLS);
    };
    let result = sys::hear_of_parents_end(libc::SIGKILL)
        .map_err(broken("dying with the harness"))
        .and_then(|()| parent_lives(std::os::unix::process::parent_id() == order.harness))
        .and_then(|()| match order.tier {
            FenceTier::Overlay => overlay(order, argv, &mut report),
            FenceTier::ShadowLandlock => in_place(order, argv, &mut report, |confinement| {
                walls::landlock(confinement, &[])?;
                // The machine's root could make a device of a disk, and look into any process.
                sys::drop_capabilities().map_err(broken("capabilities"))?;
                walls::seccomp(false, &confinement.network)
            }),
            FenceTier::Shadow => in_place(order, argv, &mut report, |_| {
                sys::drop_capabilities().map_err(broken("capabilities"))
            }),
        });
    if let Err(why) = result {
        tell(&mut report, &why);
    }
    ExitCode::from(NO_WALLS)
}

/// Who asks to be killed with a parent that had died already is killed by nobody. It may not go on: the slot is free, and
/// the next command's program works in it.
fn parent_lives(lives: bool) -> Result<(), Broken> {
    match lives {
        true => Ok(()),
        false => Err("the harness has ended".to_owned()),
    }
}

/// Whether the outer process is there still. The namespace's first process cannot ask for it by number: it sees none
/// outside of its namespace.
fn somebody_reads(pipe: &PipeWriter) -> bool {
    let mut looked_at = [PollFd::new(pipe, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut looked_at, Some(&now)).is_ok() && !looked_at[0].revents().contains(PollFlags::ERR)
}

fn tell(report: &mut File, text: &str) {
    // Where even this fails the report stays empty, which says the same.
    let _ = report.write_all(text.as_bytes());
}

/// Walls without a namespace. This process stays outside of them, as the program's parent.
fn in_place(
    order: &Order,
    argv: &[OsString],
    report: &mut File,
    build: impl FnOnce(&Confinement) -> Result<(), Broken>,
) -> Result<(), Broken> {
    if matches!(order.confinement.network, Network::Hosts(_)) {
        return Err("named hosts: only the overlay can hold a program to them".to_owned());
    }
    // Before there is anyone who could look into it. From here on it hears of the harness's end, instead of being ended with
    // it: somebody has to end the rest.
    sys::not_dumpable().map_err(broken("being left alone"))?;
    sys::hold_signals().map_err(broken("signals"))?;
    sys::hear_of_parents_end(libc::SIGTERM).map_err(broken("hearing of the harness's end"))?;
    parent_lives(std::os::unix::process::parent_id() == order.harness)?;
    sys::adopt_orphans().map_err(broken("what is left behind"))?;
    let part = || {
        sys::let_signals_through().map_err(broken("signals"))?;
        // Without a session of its own it would send its signals to the outer process, too, as one of its group.
        sys::new_session().map_err(broken("a session"))?;
        walls::give_up_rights()?;
        sys::close_others_on_exec().map_err(broken("open files"))?;
        build(&order.confinement)
    };
    let watch = order.confinement.watched.as_deref().map(Watch::of);
    let program = started("starting the program", part, || drop(become_program(order, argv)))?;
    tell(report, READY);
    sys::leave_streams().map_err(broken("leaving the program's streams"))?;
    let status = remains::wait_for(program, order.harness);
    tell_of(watch, report);
    sys::end_like(status)
}

/// Says what the watched folder is known to be. Without a word of ours it counts as read.
fn tell_of(watch: Option<Watch>, report: &mut File) {
    if watch.is_some_and(Watch::saw_nothing) {
        tell(report, UNREAD);
    }
}

/// Becomes the program; returns why it could not.
fn become_program(order: &Order, argv: &[OsString]) -> Broken {
    let Some((program, arguments)) = argv.split_first() else {
        return "no program is named".to_owned();
    };
    // The folder may be a mount now that covers the one this process was started in.
    let error = Command::new(program).args(arguments).current_dir(&order.dir).exec();
    let name = program.to_string_lossy();
    // The walls stood; that the program is not there is what a shell would say of it.
    let _ = writeln!(io::stderr(), "{name}: {error}");
    sys::end(127)
}

fn overlay(order: &Order, argv: &[OsString], report: &mut File) -> Result<(), Broken> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let mut spaces =
        libc::CLONE_NEWUSER | libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;
    let closed = order.confinement.network != Network::Open;
    if closed {
        spaces |= libc::CLONE_NEWNET;
    }
    let door = &order.confinement.door;
    let caller = door
        .as_deref()
        .map(door::call)
        .transpose()
        .map_err(broken("the way to the proxy"))?;
    let sockets = mounts::foreign_sockets();
    sys::unshare(spaces).map_err(broken("namespaces"))?;
    let write = |file: &str, text: String| std::fs::write(format!("/proc/self/{file}"), text);
    write("setgroups", "deny".to_owned()).map_err(broken("setgroups"))?;
    write("uid_map", format!("{user} {user} 1")).map_err(broken("the map of users"))?;
    write("gid_map", format!("{group} {group} 1")).map_err(broken("the map of groups"))?;
    if closed {
        sys::loopback_up().map_err(broken("the loopback device"))?;
    }
    if let Some(caller) = caller {
        door::hand_over(&caller).map_err(broken("the way to the proxy"))?;
    }
    // Before there is anyone inside, and after the maps, which could not be written any more. It holds for the first
    // process, too, and for the program's until it is the program.
    sys::not_dumpable().map_err(broken("being left alone"))?;
    sys::hold_signals().map_err(broken("signals"))?;
    let fresh = mounts::fresh_folders(&order.confinement);
    let first = first_process(order, &sockets, &fresh)?;
    // The same mounts are seen here, and nobody inside sees this process.
    let watch = order.confinement.watched.as_deref().map(Watch::of);
    let program = program(order, &fresh, argv)?;
    tell(report, READY);
    sys::leave_streams().map_err(broken("leaving the program's streams"))?;
    sys::drop_capabilities().map_err(broken("capabilities"))?;
    let status = wait_for(program, first);
    tell_of(watch, report);
    sys::end_like(status)
}

/// Starts a process that does its part, says so, and goes on; comes back when it has said so.
fn started(what: &str, part: impl FnOnce() -> Result<(), Broken>, then: impl FnOnce()) -> Result<i32, Broken> {
    let (mut said, saying) = io::pipe().map_err(broken("a pipe"))?;
    match sys::fork().map_err(broken(what))? {
        sys::Side::Child => {
            drop(said);
            let result = sys::hear_of_parents_end(libc::SIGKILL)
                .map_err(broken("dying with the harness"))
                .and_then(|()| parent_lives(somebody_reads(&saying)))
                .and_then(|()| part());
            match result {
                Ok(()) => {
                    let _ = (&saying).write_all(READY.as_bytes());
                    then();
                }
                Err(why) => drop((&saying).write_all(why.as_bytes())),
            }
            sys::end(i32::from(NO_WALLS))
        }
        sys::Side::Parent(child) => {
            drop(saying);
            let mut text = Vec::new();
            said.read_to_end(&mut text).map_err(broken(what))?;
            match text == READY.as_bytes() {
                true => Ok(child),
                false if text.is_empty() => Err(format!("{what}: it said nothing")),
                false => Err(String::from_utf8_lossy(&text).into_owned()),
            }
        }
    }
}

/// Starts the first process of the namespace: it builds what is seen inside, and reaps what nobody else does. It knows
/// nothing of the program and has nothing that could be taken from it.
fn first_process(order: &Order, sockets: &[PathBuf], fresh: &[PathBuf]) -> Result<i32, Broken> {
    let part = || {
        mounts::build(&order.confinement, sockets, fresh)?;
        sys::leave_streams().map_err(broken("the first process's streams"))?;
        walls::give_up_rights()?;
        sys::drop_capabilities().map_err(broken("capabilities"))
    };
    started("the namespace's first process", part, || {
        // The pipe with the rest: only now the outer process goes on, and starts the program.
        if sys::close_others().is_ok() {
            reap_for_ever();
        }
    })
}

/// What the first process does all its life.
fn reap_for_ever() {
    loop {
        match sys::next_signal(None) {
            Some(libc::SIGCHLD) | None => while matches!(sys::reap(), Ok(Some(_))) {},
            Some(request) => sys::send(-1, request),
        }
    }
}

/// Starts the program inside the walls.
fn program(order: &Order, fresh: &[PathBuf], argv: &[OsString]) -> Result<i32, Broken> {
    let part = || {
        sys::let_signals_through().map_err(broken("signals"))?;
        // Without a session of its own it could send signals to the outer process, as one of its group.
        sys::new_session().map_err(broken("a session"))?;
        // The overlay covers the folder that this process stands in.
        std::env::set_current_dir(&order.dir).map_err(broken("the folder to start in"))?;
        walls::give_up_rights()?;
        walls::few_processes()?;
        sys::drop_capabilities().map_err(broken("capabilities"))?;
        sys::close_others_on_exec().map_err(broken("open files"))?;
        walls::landlock(&order.confinement, fresh)?;
        walls::seccomp(true, &order.confinement.network)
    };
    started("starting the program", part, || drop(become_program(order, argv)))
}

/// Waits until the program has ended, and everything else inside after it. Gives how it ended, as the kernel says.
fn wait_for(program: i32, first: i32) -> i32 {
    let mut status = None;
    let mut first_is_there = true;
    let mut kill_at: Option<Instant> = None;
    loop {
        let ended = sys::reap();
        match ended {
            Ok(Some((child, how))) if child == program => {
                status = Some(how);
                // Whatever it left behind ends with the first process.
                sys::send(first, libc::SIGKILL);
                continue;
            }
            Ok(Some((child, _))) => {
                first_is_there &= child != first;
                continue;
            }
            Ok(None) => {}
            // There is nobody left to wait for.
            Err(_) => first_is_there = false,
        }
        match status {
            Some(status) if !first_is_there => return status,
            // Who cannot be waited for was not seen to end well.
            None if ended.is_err() => return libc::SIGKILL,
            _ => {}
        }
        let left = kill_at.map(|at| at.saturating_duration_since(Instant::now()));
        match sys::next_signal(left) {
            Some(libc::SIGCHLD) => {}
            Some(request) => {
                sys::send(first, request);
                kill_at.get_or_insert_with(|| Instant::now() + GRACE);
            }
            None if left.is_some_and(|left| left.is_zero()) => {
                sys::send(first, libc::SIGKILL);
                kill_at = None;
            }
            None => {}
        }
    }
}

/// What starts this very program again: the file that runs, whatever has taken its place on the disk by now.
pub(super) const OWN_IMAGE: &str = "/proc/self/exe";

/// Where this program lies, for others to call it.
pub(super) fn own_program() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    // How the system writes that an upgrade has taken its place.
    let gone = path.as_os_str().as_bytes().strip_suffix(b" (deleted)");
    Ok(match gone {
        Some(place) if !path.exists() => PathBuf::from(OsStr::from_bytes(place)),
        _ => path,
    })
}
