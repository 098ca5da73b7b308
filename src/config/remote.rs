//! `[remote]`: how several machines share work through a Git server. Whether they do is said on the command line alone.

use crate::domain::plan::format::node::Entry;

use super::reader::Reader;

pub(super) const REMOTE: [&str; 3] = ["namespace", "lease", "attended_lease"];

/// How machines meet on a server. All of them read it from the same commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteRules {
    /// Below which name claims and ledgers stand there, without a slash at the end.
    pub namespace: String,
    /// After so many seconds without a renewal a run's claim may be taken over.
    pub lease_seconds: u64,
    /// The same for a person's claim, which only their own commands renew.
    pub attended_lease_seconds: u64,
}

impl Default for RemoteRules {
    fn default() -> Self {
        Self {
            namespace: "refs/harness".to_owned(),
            lease_seconds: 10 * 60,
            attended_lease_seconds: 24 * 3600,
        }
    }
}

impl Reader<'_, '_> {
    pub(super) fn remote_section(&mut self, entry: &Entry) {
        self.each(entry, &REMOTE, Self::remote);
    }

    fn remote(&mut self, entry: &Entry) {
        let node = &entry.node;
        match entry.key.as_str() {
            "namespace" => {
                let Some(name) = self.text(node) else { return };
                if is_namespace(&name) {
                    self.config.remote.namespace = name;
                } else {
                    let message = format!("`{name}` is no place for refs of our own");
                    let fix = "write \"refs/harness\", or \"refs/heads/harness\" for a server that takes branches only";
                    self.error(&node.span, "bad-ref", message, fix.to_owned());
                }
            }
            "lease" => {
                if let Some(seconds) = self.duration(node) {
                    self.config.remote.lease_seconds = seconds;
                }
            }
            _ => {
                if let Some(seconds) = self.duration(node) {
                    self.config.remote.attended_lease_seconds = seconds;
                }
            }
        }
    }
}

/// A place below `refs/` that is neither where git keeps its own refs nor all branches or tags at once.
fn is_namespace(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let word = |part: &&str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let taken = matches!(
        parts.as_slice(),
        ["refs", "heads" | "tags" | "remotes" | "notes" | "stash" | "replace"]
    );
    let theirs = matches!(parts.as_slice(), ["refs", "remotes" | "replace" | "tags", ..]);
    parts.len() > 1 && parts[0] == "refs" && parts.iter().all(word) && !taken && !theirs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_a_place_of_our_own() {
        for good in ["refs/harness", "refs/heads/harness", "refs/team-a/harness_1"] {
            assert!(is_namespace(good), "{good}");
        }
        for bad in [
            "",
            "refs",
            "refs/",
            "harness",
            "refs/heads",
            "refs/tags/x",
            "refs/remotes/origin",
            "refs/a/../b",
            "refs/a/",
            "refs/*",
            "refs/a b",
            "refs/replace/x",
        ] {
            assert!(!is_namespace(bad), "{bad}");
        }
    }
}
