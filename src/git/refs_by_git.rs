//! Refs through the git program, for a repository that keeps them in a form which gix does not read (reftable).

use crate::domain::oid::CommitId;

use super::open::Repository;
use super::refs::Head;
use super::tree::ReadError;

impl Repository {
    /// What a revision names as git itself resolves it; `None` where there is none.
    pub(super) fn asked(&self, spec: &str) -> Result<Option<CommitId>, ReadError> {
        let mut call = self.trusted();
        call.words(["rev-parse", "--quiet", "--verify", "--end-of-options"])
            .word(spec);
        let output = call.output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        match (output.status.success(), output.status.code()) {
            (true, _) => text
                .trim_end()
                .parse()
                .map(Some)
                .map_err(|error| ReadError::reference(spec, &error)),
            (false, Some(1)) => Ok(None),
            _ => Err(call.failed(&output).into()),
        }
    }

    /// What a symbolic ref stands for at last; `None` where it is none.
    pub(super) fn asked_symbolic(&self, name: &str) -> Result<Option<String>, ReadError> {
        let mut call = self.trusted();
        let output = call.words(["symbolic-ref", "--quiet"]).word(name).output()?;
        let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        match (output.status.success(), output.status.code()) {
            (true, _) => Ok(Some(text)),
            (false, Some(1)) => Ok(None),
            _ => Err(call.failed(&output).into()),
        }
    }

    /// Where HEAD is.
    pub(super) fn asked_head(&self) -> Result<Head, ReadError> {
        let symbolic = self.asked_symbolic("HEAD")?;
        let branch = symbolic.map(|name| name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned());
        Ok(match (branch, self.asked("HEAD^{commit}")?) {
            (Some(branch), Some(commit)) => Head::Branch { branch, commit },
            (Some(branch), None) => Head::Unborn { branch },
            (None, Some(commit)) => Head::Detached { commit },
            (None, None) => Head::Unborn { branch: String::new() },
        })
    }
}
