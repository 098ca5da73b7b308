//! Where this user keeps configuration and caches, as functions of the environment that is handed in.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The name of our folders.
const NAME: &str = "git-harness";

/// The user's folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// For what the user writes and trusts.
    pub config: PathBuf,
    /// For what may be deleted.
    pub cache: PathBuf,
}

/// The environment does not say where the user's files belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the environment names no folder for this user: HOME is not set")]
pub struct NoHome;

/// The folders by the XDG rules; on Windows by `APPDATA` and `LOCALAPPDATA`. A relative path counts as none, as those
/// rules say: it would mean another folder wherever a command is started.
pub fn folders(variables: &BTreeMap<OsString, OsString>) -> Result<Folders, NoHome> {
    let absolute = |name: &str| {
        let path = variables.get(OsStr::new(name)).map(PathBuf::from)?;
        path.is_absolute().then_some(path)
    };
    let below_home = |folder: &str| absolute("HOME").map(|home| home.join(folder));
    let config = absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("APPDATA"))
        .or_else(|| below_home(".config"))
        .ok_or(NoHome)?;
    let cache = absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("LOCALAPPDATA"))
        .or_else(|| below_home(".cache"))
        .ok_or(NoHome)?;
    Ok(Folders {
        config: config.join(NAME),
        cache: cache.join(NAME),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> Result<Folders, NoHome> {
        folders(&pairs.iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    #[test]
    fn xdg_goes_before_home() {
        let found = from(&[("HOME", "/h/a"), ("XDG_CACHE_HOME", "/fast")]).unwrap();
        assert_eq!(found.config, PathBuf::from("/h/a/.config/git-harness"));
        assert_eq!(found.cache, PathBuf::from("/fast/git-harness"));
    }

    #[test]
    fn a_relative_or_empty_folder_counts_as_none() {
        let found = from(&[("HOME", "/h/a"), ("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "")]).unwrap();
        assert_eq!(found.cache, PathBuf::from("/h/a/.cache/git-harness"));
        assert_eq!(found.config, PathBuf::from("/h/a/.config/git-harness"));
        assert_eq!(from(&[("HOME", ".")]), Err(NoHome));
        assert_eq!(from(&[]), Err(NoHome));
    }
}
