//! What a check may miss in its copy: files that git ignores lie in the worktree alone.

use crate::config::Config;
use crate::engine::Engine;

/// The most names that are told.
const MOST: usize = 8;

/// What lies ignored at the top of the worktree while nothing is set up in copies; empty where set-up may have made it, or
/// where it is kept warm. What cannot be asked is not told: it is only of help.
pub fn beside(engine: &Engine, config: &Config) -> Vec<String> {
    if !config.slot.setup.is_empty() {
        return Vec::new();
    }
    let is_kept = |name: &String| {
        let name = name.trim_end_matches('/').as_bytes();
        config.slot.keep.iter().any(|kept| kept.parts().next() == Some(name))
    };
    let mut names = engine.git.ignored_at_top().unwrap_or_else(|_| Vec::new());
    names.retain(|name| !is_kept(name));
    names
}

/// The same as a line for whoever looks at a failed check.
pub(super) fn told(engine: &Engine, config: &Config) -> Option<String> {
    let names = beside(engine, config);
    let more = names.len().saturating_sub(MOST);
    let mut listed = names.into_iter().take(MOST).collect::<Vec<_>>().join(", ");
    if more > 0 {
        listed.push_str(&format!(" and {more} more"));
    }
    (!listed.is_empty()).then(|| {
        format!(
            "the copy for the checks has nothing that git ignores: not {listed}; what a check needs of it, `setup` in [slot] of \
             .harness/config.toml makes there"
        )
    })
}
