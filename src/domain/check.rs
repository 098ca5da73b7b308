//! Checks: verification commands, what they mean, and what they gave.
//!
//! Values and their digests only; running them is `engine/verify.rs`. Evidence is results for (check tree, check
//! digest, environment digest, set-up digest, fence tier, warm or cold), design section 2.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::network::{Contact, Network};
use super::oid::{Digest, TreeId};
use super::test_report::{TestCount, names_runner};

/// What a check looks at. The kind changes what people read, never whether a failure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum CheckKind {
    /// Unit or integration tests.
    #[default]
    Test,
    /// A linter or formatter in checking mode.
    Lint,
    /// A type checker.
    Typecheck,
    /// A build.
    Build,
    /// Static analysis.
    Static,
    /// A security scan.
    Security,
    /// A browser smoke test or console check.
    Browser,
    /// A visual regression check.
    Visual,
    /// A test of this card's own definition of done.
    Acceptance,
}

impl CheckKind {
    /// Every kind, in the order in which the documentation lists them.
    pub const ALL: [Self; 9] = [
        Self::Test,
        Self::Lint,
        Self::Typecheck,
        Self::Build,
        Self::Static,
        Self::Security,
        Self::Browser,
        Self::Visual,
        Self::Acceptance,
    ];

    /// The word used in cards and configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Lint => "lint",
            Self::Typecheck => "typecheck",
            Self::Build => "build",
            Self::Static => "static",
            Self::Security => "security",
            Self::Browser => "browser",
            Self::Visual => "visual",
            Self::Acceptance => "acceptance",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for CheckKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The time a check may take when nothing else is said, in seconds.
pub const DEFAULT_TIMEOUT_SECONDS: u64 = 600;

/// Words at the head of a command line that the shell knows itself.
const SHELL_WORDS: [&str; 27] = [
    ".", ":", "[", "alias", "case", "cd", "command", "echo", "eval", "exec", "exit", "export", "false", "for", "if",
    "printf", "pwd", "read", "set", "test", "trap", "true", "type", "ulimit", "umask", "until", "while",
];

/// One verification command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name in reports, trailers and records; the command where the card gives no other.
    pub name: String,
    /// The command line, given to `sh -c`.
    pub run: String,
    /// What it looks at.
    pub kind: CheckKind,
    /// The folder to run in, relative to the repository; empty for its top.
    pub dir: String,
    /// The JUnit report that it writes, relative to `dir`; empty where its output tells how many tests ran.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub report: String,
    /// Seconds until its process group is ended.
    pub timeout_seconds: u64,
    /// Whether it may speak to anyone; a fence holds it to that.
    #[serde(default, skip_serializing_if = "Network::is_none")]
    pub network: Network,
    /// Variables set for this check alone.
    pub env: BTreeMap<String, String>,
    /// It must fail on the base tree: a check that passes before the work proves nothing.
    pub red_first: bool,
    /// How often a failure may be run again before it counts. Every run is recorded.
    pub flaky_retries: u32,
}

impl Check {
    /// A check that is named after its command and has every default.
    pub fn from_command(run: impl Into<String>) -> Self {
        let run = run.into();
        Self {
            name: run.clone(),
            run,
            kind: CheckKind::default(),
            dir: String::new(),
            report: String::new(),
            timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
            network: Network::None,
            env: BTreeMap::new(),
            red_first: false,
            flaky_retries: 0,
        }
    }

    /// The program that its command line starts with, where that is plain to see: no path, no word of the shell.
    pub fn program(&self) -> Option<&str> {
        let word = self.run.split_whitespace().next()?;
        let plain = word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+'));
        (plain && !SHELL_WORDS.contains(&word)).then_some(word)
    }

    /// Whether a count of tests is to be expected of it, so that none would be odd.
    pub fn counts_tests(&self) -> bool {
        !self.report.is_empty() || names_runner(&self.run)
    }

    /// Digests everything that can change this check's result.
    pub fn digest(&self) -> Digest {
        let env: Vec<String> = self.env.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let head = [
            self.name.clone(),
            self.run.clone(),
            self.kind.to_string(),
            self.dir.clone(),
            self.timeout_seconds.to_string(),
            self.red_first.to_string(),
            self.flaky_retries.to_string(),
        ];
        // Named only where there is one, so that checks without keep the digest that history knows.
        let report = (!self.report.is_empty()).then(|| format!("report\0{}", self.report));
        let network = (!self.network.is_none()).then(|| format!("network\0{}", self.network));
        let named = head.iter().chain(&env).chain(&report).chain(&network);
        Digest::of_fields(named.map(String::as_bytes))
    }
}

/// The digest of a list of checks: the second part of evidence's key.
pub fn check_set_digest(checks: &[Check]) -> Digest {
    let digests: Vec<String> = checks.iter().map(|check| check.digest().to_string()).collect();
    Digest::of_fields(digests.iter().map(String::as_bytes))
}

/// How one run of a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// Exit status 0.
    Passed,
    /// Any other exit status.
    Failed(i32),
    /// Ended by this signal.
    Signalled(i32),
    /// Its time ran out and its process group was ended.
    TimedOut,
    /// `red_first`, and it passed on the base tree: too weak to prove anything.
    TooWeak,
    /// The folder that it runs in is not in the tree.
    NoFolder,
    /// It passed, but fewer tests than ran at the base, and the card does not let them go.
    FewerTests {
        /// Tests that ran at the base.
        was: u64,
        /// Tests that pass now.
        now: u64,
    },
}

impl CheckStatus {
    /// Whether it counts as passed.
    pub const fn passed(self) -> bool {
        matches!(self, Self::Passed)
    }
}

impl fmt::Display for CheckStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(code) => write!(f, "failed (exit {code})"),
            Self::Signalled(signal) => write!(f, "ended by signal {signal}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::TooWeak => f.write_str("too weak: it already passes on the base"),
            Self::NoFolder => f.write_str("not run: its folder is not in the tree"),
            Self::FewerTests { was, now } => write!(f, "fewer tests: {was} ran at the base, {now} pass now"),
        }
    }
}

/// What a check gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The check's name.
    pub name: String,
    /// Its kind.
    pub kind: CheckKind,
    /// How the last run ended.
    pub status: CheckStatus,
    /// How long all runs took together, in milliseconds.
    pub millis: u64,
    /// How many tests it ran, where that can be told. Rows from before it was counted have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestCount>,
    /// It looks at tests and passed, and nobody can tell how many it ran: fewer of them would not be seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_counted: bool,
    /// How many runs there were (more than one with `flaky_retries`).
    pub runs: u32,
    /// The transcript that holds the bounded output.
    pub log: Option<Digest>,
    /// The part of the output that explains a failure, bounded, for the retry packet; empty when it passed.
    pub excerpt: String,
    /// What it asked of the network by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// It read the copy's repository, so that its result holds for one commit and its tags alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked_git: bool,
}

/// Which confinement something ran in (design section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum FenceTier {
    /// A copy of the tree outside the repository; nothing keeps a program inside it.
    #[default]
    Shadow,
    /// A copy, and Landlock makes the rest of the machine read-only.
    ShadowLandlock,
    /// User namespace, overlay, Landlock and seccomp.
    Overlay,
}

impl fmt::Display for FenceTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Shadow => "shadow",
            Self::ShadowLandlock => "shadow+landlock",
            Self::Overlay => "overlay",
        })
    }
}

/// Whether a check found anything that an earlier one had built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Warmth {
    /// The tree and what set-up made, nothing else.
    Cold,
    /// Folders of `[slot] keep` besides, as accepted work left them.
    Warm,
}

impl fmt::Display for Warmth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        })
    }
}

/// What results hold for: nothing else may change without staling them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EvidenceKey {
    /// The candidate tree without `.harness/`.
    pub check_tree: TreeId,
    /// [`check_set_digest`] of the checks that ran.
    pub checks: Digest,
    /// The digest of the environment they ran in.
    pub environment: Digest,
    /// The confinement they ran in.
    pub fence: FenceTier,
    /// The digest of what made the copy ready besides: set-up commands, the base's inputs of them, the fence's caches.
    /// `None` where nothing is configured, and in rows from before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Digest>,
    /// Whether any of them found what others had built. Rows from before it was noted have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmth: Option<Warmth>,
    /// Where a check asked the copy's repository, the digest of what that says besides the tree: the commit below with its
    /// history, and the tags. `None` where none asked, and in rows from before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Digest>,
}

/// Results and what they hold for, as rows and records keep them. Proves nothing by itself; the proof is
/// `engine::verify::Evidence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRecord {
    /// What the results hold for.
    pub key: EvidenceKey,
    /// One result for each check, in the card's order.
    pub results: Vec<CheckResult>,
    /// Whether they were taken from the cache.
    pub reused: bool,
    /// What a fresh clone holds and the copy that was checked did not, since it was not to be had; a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
}

impl EvidenceRecord {
    /// Whether every check passed.
    pub fn passed(&self) -> bool {
        self.results.iter().all(|result| result.status.passed())
    }

    /// How many checks passed, for `2/2` in the trailer.
    pub fn passed_count(&self) -> usize {
        self.results.iter().filter(|result| result.status.passed()).count()
    }
}

#[cfg(test)]
mod tests;
