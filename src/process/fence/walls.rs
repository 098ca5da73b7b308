//! The walls that need no namespace: Landlock, seccomp, capabilities, limits. Each holds alone.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetStatus, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    sock_filter,
};

use crate::domain::network::Network;

use super::{Confinement, closed, sys};

/// A wall that could not be built.
pub(super) type Broken = String;

pub(super) fn broken(wall: &str) -> impl Fn(io::Error) -> Broken + '_ {
    move |error| format!("{wall}: {error}")
}

/// The largest file that a program may write, in bytes: disks are not filled by accident.
const LARGEST_FILE: u64 = 64 << 30;

/// The most processes and threads in a namespace: far more than builds have, and an end for a program that forks for
/// ever. Outside of a namespace everything that the user runs would count. The machine's root has no such limit.
const MOST_PROCESSES: u64 = 8192;

/// Limits the processes of this namespace.
pub(super) fn few_processes() -> Result<(), Broken> {
    match sys::limit(libc::RLIMIT_NPROC, MOST_PROCESSES) {
        // Somebody may have set a lower one already.
        Err(error) if error.raw_os_error() != Some(libc::EPERM) => Err(broken("the limit of processes")(error)),
        _ => Ok(()),
    }
}

/// Limits, no new rights, no rights.
pub(super) fn give_up_rights() -> Result<(), Broken> {
    sys::limit(libc::RLIMIT_CORE, 0).map_err(broken("the limit of core files"))?;
    // Somebody may have set a lower one already.
    if let Err(error) = sys::limit(libc::RLIMIT_FSIZE, LARGEST_FILE)
        && error.raw_os_error() != Some(libc::EPERM)
    {
        return Err(broken("the limit of file sizes")(error));
    }
    sys::no_new_privileges().map_err(broken("no new privileges"))
}

/// The oldest Landlock that is enough: truncation is held by it.
const LEAST: ABI = ABI::V3;
/// The newest one that is asked for.
const NEWEST: ABI = ABI::V6;

/// Nothing is written but what may be; what is hidden is not read.
pub(super) fn landlock(confinement: &Confinement, fresh: &[PathBuf]) -> Result<(), Broken> {
    let failed = |error: landlock::RulesetError| format!("landlock: {error}");
    let all = AccessFs::from_all(NEWEST);
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(LEAST))
        .map_err(failed)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)
        .map_err(failed)?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)
        .map_err(failed)?
        .create()
        .map_err(failed)?;
    let read = AccessFs::Execute | AccessFs::ReadFile | AccessFs::ReadDir;
    let mut ruleset = allow(ruleset, Path::new("/"), AccessFs::ReadDir.into())?;
    for path in readable(confinement) {
        ruleset = allow(ruleset, &path, read)?;
    }
    let overlays = confinement.overlays.iter().map(|overlay| &overlay.tree);
    let bound = confinement.bound.iter().map(|bound| &bound.at);
    for path in overlays.chain(&confinement.writable).chain(bound).chain(fresh) {
        ruleset = allow(ruleset, path, all)?;
    }
    let devices = read | AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev;
    for name in ["null", "zero", "full", "random", "urandom", "tty", "pts", "ptmx"] {
        ruleset = allow(ruleset, &Path::new("/dev").join(name), devices)?;
    }
    let status = ruleset.restrict_self().map_err(failed)?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("landlock: this kernel does not enforce it".to_owned()),
        _ => Ok(()),
    }
}

/// Adds a rule; a path that is not there needs none.
fn allow(ruleset: RulesetCreated, path: &Path, access: landlock::BitFlags<AccessFs>) -> Result<RulesetCreated, Broken> {
    let Ok(fd) = PathFd::new(path) else {
        return Ok(ruleset);
    };
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(NEWEST)
    };
    ruleset
        .set_compatibility(CompatLevel::BestEffort)
        .add_rule(PathBeneath::new(fd, access))
        .map_err(|error| format!("landlock on {}: {error}", path.display()))
}

/// The topmost paths that hold nothing hidden: Landlock can only allow.
fn readable(confinement: &Confinement) -> Vec<PathBuf> {
    let hidden = &confinement.hidden;
    let closed = &confinement.closed;
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from("/")];
    while let Some(dir) = open.pop() {
        if hidden.contains(&dir) {
            continue;
        }
        if let Some(closed) = closed.iter().find(|closed| closed.dir == dir) {
            // A link shows nothing that is not seen where it leads.
            let seen = closed::seen(closed, confinement).into_iter();
            open.extend(seen.filter(|path| !path.is_symlink()));
            continue;
        }
        let holds = |path: &PathBuf| path.starts_with(&dir);
        if !hidden.iter().any(holds) && !closed.iter().any(|closed| holds(&closed.dir)) {
            found.push(dir);
            continue;
        }
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            // A link is followed by whoever opens it, and judged where it leads.
            if entry.file_type().is_ok_and(|kind| !kind.is_symlink()) {
                open.push(entry.path());
            }
        }
    }
    found
}

/// Calls that no builder and no check needs, and that widen what a kernel fault could give away.
const REFUSED: [libc::c_long; 39] = [
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_quotactl,
];

/// Refuses calls; a program that asks is told that it may not.
pub(super) fn seccomp(inner: bool, network: &Network) -> Result<(), Broken> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.into_iter().map(|call| (call, Vec::new())).collect();
    rules.insert(
        libc::SYS_ioctl,
        vec![
            one(1, SeccompCmpOp::Eq, libc::TIOCSTI)?,
            one(1, SeccompCmpOp::Eq, libc::TIOCLINUX)?,
        ],
    );
    let new_user = libc::CLONE_NEWUSER as u64;
    rules.insert(
        libc::SYS_clone,
        vec![one(0, SeccompCmpOp::MaskedEq(new_user), new_user)?],
    );
    // Outside of a namespace of processes the harness itself could be named, and given a limit that ends it.
    if !inner {
        rules.insert(libc::SYS_prlimit64, vec![one(0, SeccompCmpOp::Ne, 0)?]);
    }
    let mut families = vec![libc::AF_PACKET, libc::AF_VSOCK, libc::AF_ALG];
    // Without a network namespace the sockets themselves have to go.
    if *network != Network::Open && !inner {
        families.extend([libc::AF_INET, libc::AF_INET6]);
    }
    let families: Result<Vec<SeccompRule>, Broken> = families
        .into_iter()
        .map(|family| one(0, SeccompCmpOp::Eq, family as u64))
        .collect();
    rules.insert(libc::SYS_socket, families?);
    install(rules, libc::EPERM)?;
    install_program(&other_numbers())?;
    // Its arguments lie in memory, where a filter cannot look; libraries go back to `clone`.
    install(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)
}

fn one(argument: u8, compare: SeccompCmpOp, value: u64) -> Result<SeccompRule, Broken> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value)
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(|error| format!("seccomp: {error}"))
}

fn install(rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32) -> Result<(), Broken> {
    let failed = |error: &dyn std::fmt::Display| format!("seccomp: {error}");
    let arch = std::env::consts::ARCH.try_into().map_err(|error| failed(&error))?;
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(error.unsigned_abs()),
        arch,
    )
    .map_err(|error| failed(&error))?;
    let program: BpfProgram = filter
        .try_into()
        .map_err(|error: seccompiler::BackendError| failed(&error))?;
    install_program(&program)
}

fn install_program(program: &[sock_filter]) -> Result<(), Broken> {
    seccompiler::apply_filter(program).map_err(|error| format!("seccomp: {error}"))
}

/// Refuses the second set of numbers that calls have on x86 (x32), by which a list of the first could be gone round. No
/// other processor has numbers that high.
fn other_numbers() -> BpfProgram {
    const FIRST: u32 = 0x4000_0000;
    let word = |code: u32, jt: u8, jf: u8, k: u32| sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    vec![
        // The number stands first in what the filter sees.
        word(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        word(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 0, 1, FIRST),
        word(
            libc::BPF_RET | libc::BPF_K,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32,
        ),
        word(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}
