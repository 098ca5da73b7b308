//! The hidden mode of the program: it builds the walls, and becomes the program that was asked for.
//!
//! In the overlay tier three processes are left: the outer one, which the harness knows and may end; the first process
//! of the namespace, whose end ends everything in it; and the program.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::domain::check::FenceTier;
use crate::domain::network::Network;

use super::walls::{Broken, broken};
use super::{Confinement, MODE, Order, door, mounts, probe, sys, walls};

/// What the report says where the walls stood.
pub(super) const READY: &str = "ready\n";

/// The exit code where they did not; whoever asks looks into the report, not at this.
const NO_WALLS: u8 = 125;

/// Does what the hidden mode was asked for, if it was. Called first of all, while the process has one thread.
pub fn enter_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let mode = arguments.next()?;
    if mode == probe::MODE {
        return Some(probe::try_everything(arguments.next()));
    }
    if mode != MODE {
        return None;
    }
    let order = arguments
        .next()
        .and_then(|text| serde_json::from_str(text.to_str()?).ok());
    let argv: Vec<OsString> = arguments.collect();
    let Some(order) = order else {
        return Some(ExitCode::from(NO_WALLS));
    };
    Some(enter(&order, &argv))
}

/// Only returns where something went wrong.
fn enter(order: &Order, argv: &[OsString]) -> ExitCode {
    // Opened before the machine becomes read-only, and closed on becoming the program.
    let Ok(mut report) = OpenOptions::new().write(true).truncate(true).open(&order.report) else {
        return ExitCode::from(NO_WALLS);
    };
    let result = sys::die_with_parent()
        .map_err(broken("dying with the harness"))
        .and_then(|()| parent_lives(std::os::unix::process::parent_id() == order.harness))
        .and_then(|()| match order.tier {
            FenceTier::Overlay => overlay(order, argv, &mut report),
            FenceTier::ShadowLandlock => in_place(order, argv, &mut report, |confinement| {
                walls::landlock(confinement, &[])?;
                walls::seccomp(false, &confinement.network)
            }),
            FenceTier::Shadow => in_place(order, argv, &mut report, |_| Ok(())),
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

/// Walls without a namespace: this process becomes the program.
fn in_place(
    order: &Order,
    argv: &[OsString],
    report: &mut File,
    build: impl FnOnce(&Confinement) -> Result<(), Broken>,
) -> Result<(), Broken> {
    if matches!(order.confinement.network, Network::Hosts(_)) {
        return Err("named hosts: only the overlay can hold a program to them".to_owned());
    }
    walls::give_up_rights()?;
    sys::close_others_on_exec().map_err(broken("open files"))?;
    build(&order.confinement)?;
    tell(report, READY);
    Err(become_program(order, argv))
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
    let (said, saying) = io::pipe().map_err(broken("a pipe"))?;
    match sys::fork().map_err(broken("the namespace's first process"))? {
        sys::Side::Child => {
            drop(said);
            first_process(order, &sockets, argv, saying)
        }
        sys::Side::Parent(child) => {
            drop(saying);
            sys::pass_requests_to_end_on(child);
            // Only now: the maps could not be written before.
            sys::not_dumpable().map_err(broken("being left alone"))?;
            outer_process(said, report)
        }
    }
}

/// Waits for the namespace to end, and ends as the program did.
fn outer_process(mut said: PipeReader, report: &mut File) -> Result<(), Broken> {
    let mut message = Vec::new();
    let mut part = [0; 256];
    loop {
        match said.read(&mut part) {
            Ok(0) => break,
            Ok(length) => {
                let stood = message.starts_with(READY.as_bytes());
                message.extend_from_slice(&part[..length]);
                // A short program's end may come in the same breath.
                if !stood && message.starts_with(READY.as_bytes()) {
                    tell(report, READY);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(broken("the namespace's first process")(error)),
        }
    }
    let status = message
        .strip_prefix(READY.as_bytes())
        .and_then(|rest| <[u8; 4]>::try_from(rest).ok())
        .map(i32::from_ne_bytes);
    match status {
        Some(status) => sys::end_like(status),
        None if message.starts_with(READY.as_bytes()) => sys::end_like(libc::SIGKILL),
        None => Err(String::from_utf8_lossy(&message).into_owned()),
    }
}

/// The first process of the namespace: builds the walls, starts the program, and reaps until it ends.
fn first_process(order: &Order, sockets: &[PathBuf], argv: &[OsString], mut saying: PipeWriter) -> ! {
    let result = sys::die_with_parent()
        .map_err(broken("dying with the harness"))
        .and_then(|()| parent_lives(somebody_reads(&saying)))
        .and_then(|()| build(order, sockets));
    if let Err(why) = result {
        let _ = saying.write_all(why.as_bytes());
        sys::end(i32::from(NO_WALLS));
    }
    sys::pass_requests_to_end_on(-1);
    match sys::fork() {
        Ok(sys::Side::Child) => {
            sys::take_requests_to_end();
            drop(saying);
            become_program(order, argv);
            sys::end(i32::from(NO_WALLS))
        }
        Ok(sys::Side::Parent(program)) => {
            let _ = saying.write_all(READY.as_bytes());
            let status = loop {
                match sys::wait_any() {
                    Ok(Some((child, status))) if child == program => break status,
                    Ok(_) => {}
                    Err(_) => break libc::SIGKILL,
                }
            };
            let _ = saying.write_all(&status.to_ne_bytes());
            // With this process everything in the namespace ends.
            sys::end(0)
        }
        Err(error) => {
            let _ = saying.write_all(broken("starting the program")(error).as_bytes());
            sys::end(i32::from(NO_WALLS))
        }
    }
}

fn build(order: &Order, sockets: &[PathBuf]) -> Result<(), Broken> {
    sys::new_session().map_err(broken("a session"))?;
    let fresh = mounts::build(&order.confinement, sockets)?;
    // The overlay covers the folder that this process stands in.
    std::env::set_current_dir(&order.dir).map_err(broken("the folder to start in"))?;
    walls::give_up_rights()?;
    walls::few_processes()?;
    sys::drop_capabilities().map_err(broken("capabilities"))?;
    sys::close_others_on_exec().map_err(broken("open files"))?;
    walls::landlock(&order.confinement, &fresh)?;
    walls::seccomp(true, &order.confinement.network)
}

/// The path of this very program, to be started again.
pub(super) fn own_program() -> io::Result<PathBuf> {
    std::env::current_exe()
}
