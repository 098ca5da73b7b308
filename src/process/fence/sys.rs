//! The system calls that no library wraps safely, each behind a function that cannot be misused.
//!
//! Every function here is called while the process has one thread, by the hidden mode or by a child of it.

#![expect(
    unsafe_code,
    reason = "the walls are built of system calls; this file is the only place for them"
)]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::time::Duration;

use libc::{c_int, c_long, c_ulong};

/// A path as the kernel takes it.
pub(super) fn c_path(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn check_long(result: c_long) -> io::Result<c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Leaves namespaces.
pub(super) fn unshare(flags: c_int) -> io::Result<()> {
    // SAFETY: takes a number and touches no memory; with one thread no other one is surprised by it.
    check(unsafe { libc::unshare(flags) }).map(drop)
}

/// Mounts a file system, or changes one.
pub(super) fn mount(source: &str, target: &Path, kind: &str, flags: c_ulong, data: &[u8]) -> io::Result<()> {
    let (source, target) = (CString::new(source)?, c_path(target)?);
    let (kind, data) = (CString::new(kind)?, CString::new(data)?);
    // SAFETY: all four are strings that end in a zero byte and outlive the call.
    check(unsafe {
        libc::mount(
            source.as_ptr(),
            target.as_ptr(),
            kind.as_ptr(),
            flags,
            data.as_ptr().cast(),
        )
    })
    .map(drop)
}

/// Mounts a folder or file over a place.
pub(super) fn bind(source: &Path, target: &Path) -> io::Result<()> {
    let (source, target) = (c_path(source)?, c_path(target)?);
    let flags = libc::MS_BIND | libc::MS_REC;
    // SAFETY: both are strings that end in a zero byte and outlive the call; a bind reads no other pointer.
    check(unsafe { libc::mount(source.as_ptr(), target.as_ptr(), ptr::null(), flags, ptr::null()) }).map(drop)
}

/// A detached copy of what is mounted at a place, to be put back later.
pub(super) fn open_tree(path: &Path) -> io::Result<OwnedFd> {
    const CLONE: c_ulong = 1;
    let path = c_path(path)?;
    let flags = CLONE | libc::O_CLOEXEC as c_ulong | libc::AT_RECURSIVE as c_ulong;
    // SAFETY: the path ends in a zero byte and outlives the call; the result is a new descriptor or an error.
    let fd = check_long(unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) })?;
    // SAFETY: the kernel just gave us this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as c_int) })
}

/// Puts a detached copy at a place.
pub(super) fn move_mount(tree: &OwnedFd, target: &Path) -> io::Result<()> {
    const FROM_EMPTY_PATH: c_ulong = 4;
    let target = c_path(target)?;
    // SAFETY: both strings end in a zero byte and outlive the call; the descriptor is open.
    check_long(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            FROM_EMPTY_PATH,
        )
    })
    .map(drop)
}

#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    userns_fd: u64,
}

const MOUNT_ATTR_RDONLY: u64 = 1;
const MOUNT_ATTR_NOSUID: u64 = 2;

fn mount_setattr(target: &Path, flags: c_int, attributes: &MountAttr) -> io::Result<()> {
    let target = c_path(target)?;
    // SAFETY: the structure is the kernel's `struct mount_attr`, given with its size; the path ends in a zero byte.
    check_long(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            target.as_ptr(),
            flags as c_ulong,
            ptr::from_ref(attributes),
            size_of::<MountAttr>(),
        )
    })
    .map(drop)
}

/// Makes everything mounted at and below a place read-only, and its set-user-id bits without effect.
pub(super) fn make_read_only(target: &Path) -> io::Result<()> {
    let attributes = MountAttr {
        set: MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID,
        clear: 0,
        propagation: 0,
        userns_fd: 0,
    };
    mount_setattr(target, libc::AT_RECURSIVE, &attributes)
}

/// Lets the one mount at a place be written.
pub(super) fn make_writable(target: &Path) -> io::Result<()> {
    let attributes = MountAttr {
        set: 0,
        clear: MOUNT_ATTR_RDONLY,
        propagation: 0,
        userns_fd: 0,
    };
    mount_setattr(target, 0, &attributes)
}

/// Which side of a fork this is.
pub(super) enum Side {
    /// The new process.
    Child,
    /// The old one, with the new one's id.
    Parent(c_int),
}

/// Divides the process in two.
pub(super) fn fork() -> io::Result<Side> {
    // SAFETY: the process has one thread, so the child finds every lock free and may go on with everything.
    match check(unsafe { libc::fork() })? {
        0 => Ok(Side::Child),
        child => Ok(Side::Parent(child)),
    }
}

/// Begins a session without a terminal.
pub(super) fn new_session() -> io::Result<()> {
    // SAFETY: takes nothing and touches no memory.
    check(unsafe { libc::setsid() }).map(drop)
}

fn prctl(option: c_int, value: c_ulong) -> io::Result<()> {
    let none: c_ulong = 0;
    // SAFETY: the options used here take numbers and touch no memory.
    check(unsafe { libc::prctl(option, value, none, none, none) }).map(drop)
}

/// Asks for a signal when the thread that started this process ends.
pub(super) fn hear_of_parents_end(signal: c_int) -> io::Result<()> {
    prctl(libc::PR_SET_PDEATHSIG, signal as c_ulong)
}

/// Whatever this process started, and what that started, becomes its child when it loses its parent.
pub(super) fn adopt_orphans() -> io::Result<()> {
    prctl(libc::PR_SET_CHILD_SUBREAPER, 1)
}

/// The version of this kernel's Landlock; 0 or less where there is none.
pub(super) fn landlock_version() -> c_long {
    let (none, only_version): (c_ulong, c_ulong) = (0, 1);
    // SAFETY: asked for its version, it takes no structure, and touches no memory.
    unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, none, only_version) }
}

/// Nobody of the same user looks into this process or stops it with a debugger.
pub(super) fn not_dumpable() -> io::Result<()> {
    prctl(libc::PR_SET_DUMPABLE, 0)
}

/// No program that is started from here on gains rights by being started.
pub(super) fn no_new_privileges() -> io::Result<()> {
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1)
}

#[repr(C)]
struct CapHeader {
    version: u32,
    pid: c_int,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct CapData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Gives up every capability, for good: nobody who may gain no privileges gets one back.
pub(super) fn drop_capabilities() -> io::Result<()> {
    for capability in 0..=63 {
        // A capability that the kernel does not know is an invalid argument, and who has none may limit none.
        match prctl(libc::PR_CAPBSET_DROP, capability).map_err(|error| error.raw_os_error()) {
            Ok(()) | Err(Some(libc::EINVAL | libc::EPERM)) => {}
            Err(_) => return Err(io::Error::last_os_error()),
        }
    }
    const VERSION_3: u32 = 0x2008_0522;
    let header = CapHeader {
        version: VERSION_3,
        pid: 0,
    };
    let data = [CapData {
        effective: 0,
        permitted: 0,
        inheritable: 0,
    }; 2];
    // SAFETY: the header names version 3, whose data is two of these structures; both outlive the call.
    check_long(unsafe { libc::syscall(libc::SYS_capset, ptr::from_ref(&header), data.as_ptr()) }).map(drop)
}

/// Closes every descriptor but the three standard ones, on becoming another program.
pub(super) fn close_others_on_exec() -> io::Result<()> {
    let (first, last): (c_ulong, c_ulong) = (3, c_ulong::from(u32::MAX));
    let flags = c_ulong::from(libc::CLOSE_RANGE_CLOEXEC);
    // SAFETY: takes numbers; the descriptors stay open until this process becomes another program.
    check_long(unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) }).map(drop)
}

/// Sets a limit of this process and its children, for good.
pub(super) fn limit(resource: libc::__rlimit_resource_t, most: u64) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: the structure outlives the call.
    check(unsafe { libc::setrlimit(resource, &raw const limit) }).map(drop)
}

/// Closes every descriptor but the three standard ones, at once. Nothing else may be open that somebody owns.
pub(super) fn close_others() -> io::Result<()> {
    let (first, last): (c_ulong, c_ulong) = (3, c_ulong::from(u32::MAX));
    let none: c_ulong = 0;
    // SAFETY: takes numbers; called where this process owns no descriptor, or never comes back to one.
    check_long(unsafe { libc::syscall(libc::SYS_close_range, first, last, none) }).map(drop)
}

/// Reaps a child that ended: which, and how, as the kernel says it; `None` where none has.
pub(super) fn reap() -> io::Result<Option<(c_int, c_int)>> {
    let mut status = 0;
    // SAFETY: the number outlives the call.
    match check(unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) }) {
        Ok(0) => Ok(None),
        Ok(child) => Ok(Some((child, status))),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ends this process at once. It is a process of the hidden mode, in which there is nothing to return to.
#[expect(clippy::exit, reason = "a process between a fork and a program has no caller")]
pub(super) fn end(code: c_int) -> ! {
    std::process::exit(code)
}

/// Ends this process as a wait status says: with its code, or by its signal.
pub(super) fn end_like(status: c_int) -> ! {
    if libc::WIFSIGNALED(status) {
        let signal = libc::WTERMSIG(status);
        let _ = let_signals_through();
        // SAFETY: takes numbers; the default of the signal is put back and the signal sent to this process alone.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
    end(libc::WEXITSTATUS(status))
}

/// The signals that ask a process to end, and that tell of a child's end.
const HEARD: [c_int; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGCHLD];

fn heard() -> libc::sigset_t {
    // SAFETY: all zeros are a valid value of this plain structure, which the calls then fill; it outlives them.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in HEARD {
            libc::sigaddset(&raw mut set, signal);
        }
        set
    }
}

/// From here on these signals wait until [`next_signal`] asks for them, whatever was inherited.
pub(super) fn hold_signals() -> io::Result<()> {
    let set = heard();
    // SAFETY: takes numbers: the default is put back. The set outlives the call.
    unsafe {
        for signal in HEARD {
            libc::signal(signal, libc::SIG_DFL);
        }
        check(libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut())).map(drop)
    }
}

/// Lets every signal through again.
pub(super) fn let_signals_through() -> io::Result<()> {
    // SAFETY: all zeros are a valid value of this plain structure, which the call then fills; it outlives both calls.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        check(libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut())).map(drop)
    }
}

/// Waits for a signal that is held, at most so long; `None` where none came.
pub(super) fn next_signal(longest: Option<Duration>) -> Option<c_int> {
    let set = heard();
    let time = longest.map(|longest| libc::timespec {
        tv_sec: libc::time_t::try_from(longest.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: longest.subsec_nanos().into(),
    });
    let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the set and the time outlive the call; what the signal says besides its number is not asked for.
    check(unsafe { libc::sigtimedwait(&raw const set, ptr::null_mut(), time) }).ok()
}

/// Sends a signal to a process (-1: to all others here); one that is gone needs none.
pub(super) fn send(to: c_int, signal: c_int) {
    // SAFETY: takes numbers.
    unsafe { libc::kill(to, signal) };
}

/// Exchanges the three standard streams for nothing: whoever reads them finds their end when the others end.
pub(super) fn leave_streams() -> io::Result<()> {
    let nothing = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    for stream in 0..=2 {
        // SAFETY: the file is open, and nobody in the hidden mode owns one of the three.
        check(unsafe { libc::dup2(nothing.as_raw_fd(), stream) })?;
    }
    Ok(())
}

/// Brings the loopback device up, so that programs may speak to themselves.
pub(super) fn loopback_up() -> io::Result<()> {
    // SAFETY: takes numbers; the result is a new descriptor or an error.
    let raw = check(unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) })?;
    // SAFETY: the kernel just gave us this descriptor, and nobody else has it.
    let socket = unsafe { OwnedFd::from_raw_fd(raw) };
    // SAFETY: all zeros are a valid value of this plain structure.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
    // SAFETY: the request names an interface and its flags, and outlives the call.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) }).map(drop)
}

/// Tries to push a character into the terminal's input; gives the error number.
pub(super) fn try_terminal_input() -> Option<i32> {
    let letter = b'x';
    // SAFETY: the letter outlives the call.
    check(unsafe { libc::ioctl(0, libc::TIOCSTI, &raw const letter) })
        .err()
        .and_then(|error| error.raw_os_error())
}

/// Tries a call that the walls refuse, with arguments that do nothing; gives the error number.
pub(super) fn try_call(number: c_long) -> Option<i32> {
    let none: c_ulong = 0;
    // SAFETY: used with calls for which zeros are no valid request, so nothing is read or written.
    check_long(unsafe { libc::syscall(number, none, none, none, none, none) })
        .err()
        .and_then(|error| error.raw_os_error())
}
