//! The program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: the walls are built while the process has one thread.
    if let Some(code) = git_harness::process::fence::enter_if_asked() {
        return code;
    }
    git_harness::process::fence::shield_this_process();
    git_harness::cli::main()
}
