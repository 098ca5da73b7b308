//! Floods: whatever a check or a Builder prints, ignores or leaves behind, its time limit holds and the harness stays
//! small.

use std::time::{Duration, Instant};

use super::sandbox::{ALL_TIERS, Sandbox};

/// Runs the program under something that knows afterwards how large it and what it started ever were; with its exit code
/// and the size in KiB.
const MEASURE: &str = "import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

/// Far more than the harness needs, and far less than a flood brings within a second.
const MOST_KIB: u64 = 100 * 1024;

/// A machine may be slow; what it may not do is go on for ever.
const LONG: Duration = Duration::from_secs(300);

const TIERS: [&str; 3] = ["", "overlay", ALL_TIERS];

fn sandbox(tier: &'static str, check: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[("src/a.txt", "x\n")]).without(tier);
    let card = serde_json::json!([{
        "id": "p-1", "title": "Do it", "files_allowed": ["src/**"], "instructions": "Do it",
        "definition_of_done": ["done"],
        "verification": [{"name": "noisy", "run": check, "timeout": "1s"}],
    }]);
    sandbox.import("p.json", &card.to_string());
    sandbox
}

/// Runs a Builder's script, and gives the exit code and the size.
fn measured(sandbox: &Sandbox, builder: &str) -> (i32, u64, Duration) {
    let began = Instant::now();
    let mut command = sandbox.command("python3", &sandbox.repo());
    command
        .args(["-c", MEASURE])
        .arg(Sandbox::program())
        .args(["exec", "p-1", "--", "sh", "-c", builder]);
    let said = Sandbox::outcome_of(command).exits(0).stdout;
    let mut words = said.split_whitespace().map(|word| word.parse::<i64>().unwrap());
    let code = words.next().unwrap();
    let size = words.next().unwrap();
    (
        i32::try_from(code).unwrap(),
        u64::try_from(size).unwrap(),
        began.elapsed(),
    )
}

/// What prints without end, on both streams, with and without line ends, from inside and outside of its group, and does
/// not hear the request to end.
const FLOODS: [&str; 3] = [
    "trap '' TERM INT HUP; exec cat /dev/zero",
    "trap '' TERM; yes 'a line of some forty characters, on and on' >&2 & trap '' TERM; yes",
    "setsid sh -c \"trap '' TERM; cat /dev/zero & cat /dev/zero >&2\" & trap '' TERM; exec yes",
];

#[test]
fn a_check_that_floods_is_timed_out_in_every_tier() {
    std::thread::scope(|scope| {
        for tier in TIERS {
            scope.spawn(move || {
                for flood in FLOODS {
                    let sandbox = sandbox(tier, flood);
                    let (code, size, wall) = measured(&sandbox, "echo y > src/a.txt");
                    assert_eq!(code, 1, "{tier}: {flood}");
                    assert!(size < MOST_KIB, "{tier}: {flood}: {size} KiB");
                    assert!(wall < LONG, "{tier}: {flood}: {wall:?}");
                    let shown = sandbox.harness(&["show", "p-1"]).exits(0).stdout;
                    assert!(
                        shown.contains("no end within 1 s") || shown.contains("timed out"),
                        "{shown}"
                    );
                }
            });
        }
    });
}

/// A Builder that ends by itself and leaves a flood behind: it is not waited for, and its work counts.
#[test]
fn a_flood_that_a_builder_leaves_behind_is_not_listened_to() {
    std::thread::scope(|scope| {
        for tier in TIERS {
            scope.spawn(move || {
                let sandbox = sandbox(tier, "true");
                let leaves = "setsid sh -c 'echo > src/up; exec timeout 20 cat /dev/zero' & \
                     until test -e src/up; do :; done; rm src/up; echo y > src/a.txt";
                let (code, size, wall) = measured(&sandbox, leaves);
                assert_eq!(code, 0, "{tier}");
                assert!(size < MOST_KIB, "{tier}: {size} KiB");
                assert!(wall < LONG, "{tier}: {wall:?}");
            });
        }
    });
}

/// A file of a terabyte without content costs nobody its size in memory or time.
#[test]
fn a_sparse_file_is_never_read_whole() {
    std::thread::scope(|scope| {
        for tier in TIERS {
            scope.spawn(move || {
                // 64 GiB is the most that may be written inside.
                let sandbox = sandbox(tier, "truncate -s 60G out || exit 3");
                let (code, size, wall) = measured(
                    &sandbox,
                    "truncate -s 60G src/huge; truncate -s 60G out; echo y > src/a.txt",
                );
                assert_eq!(code, 1, "{tier}");
                assert!(size < MOST_KIB, "{tier}: {size} KiB");
                assert!(wall < LONG, "{tier}: {wall:?}");
                let (code, size, wall) = measured(&sandbox, "rm -f src/huge; echo y > src/a.txt");
                assert_eq!(code, 0, "{tier}");
                assert!(size < MOST_KIB, "{tier}: {size} KiB");
                assert!(wall < LONG, "{tier}: {wall:?}");
            });
        }
    });
}

#[test]
fn a_large_file_of_the_base_is_held_by_nobody() {
    let sandbox = sandbox("", "test $(stat -c %s src/big.bin) = 140000000");
    sandbox.write(".gitattributes", "* text=auto\n");
    let big = std::fs::File::create(sandbox.repo().join("src/big.bin")).unwrap();
    big.set_len(140_000_000).unwrap();
    sandbox.git(&["-c", "core.bigFileThreshold=1m", "add", "-A"]);
    sandbox.git(&["commit", "-qm", "Large"]);
    let (code, kib, _) = measured(&sandbox, "echo y > src/a.txt; touch src/big.bin");
    assert_eq!(code, 0);
    assert!(kib < MOST_KIB, "{kib} KiB");
}
