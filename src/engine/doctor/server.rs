//! A server, as far as machines that share work rely on it: refs of our own can be made, moved and taken away, only from
//! where they are said to stand, all of a push or nothing. Tried out on refs that nobody else looks at, and that are gone
//! afterwards.

use crate::config::RemoteRules;
use crate::domain::oid::CommitId;
use crate::engine::Engine;
use crate::engine::project;
use crate::engine::server::{Server, ServerError};
use crate::git::{Answer, Remote, RemoteError, Swap};

use super::Findings;

/// Where a server that takes branches only may have them.
const BRANCHES: &str = "refs/heads/harness";

/// Probes a remote that the user configured.
pub(super) fn probe(engine: &mut Engine, name: &str, findings: &mut Findings) {
    let remote = match engine.git.remote(name, &engine.cancel) {
        Ok(remote) => remote,
        Err(error) => return findings.bad("remote", error.to_string(), "git remote -v"),
    };
    let project = project::projects(engine)
        .ok()
        .and_then(|found| found.into_iter().next());
    let (rules, target) = project.map_or_else(
        || (RemoteRules::default(), None),
        |project| (project.config.remote, Some(project.target)),
    );
    let probe = Probe::new(engine, &remote, &rules.namespace);
    let looks = target.as_deref().unwrap_or("main").to_owned();
    let server = Server::to_look(engine, remote.clone(), &looks, rules.clone());
    let begun = engine.clock.now();
    if let Err(error) = probe.look() {
        let said = error.to_string();
        let fix = about_passwords(&said, name)
            .unwrap_or_else(|| format!("see what `git ls-remote {name}` says: address, network, credentials"));
        return findings.bad("remote", said, fix);
    }
    let millis = engine.clock.now().duration_since(begun).as_millis();
    findings.good("remote", format!("{name} answers, in {millis} ms"));
    claims(&probe, findings);
    match server.and_then(|server| server.examine(engine)) {
        Ok(odd) if odd.is_empty() => findings.good("refs", "what others published is what it should be"),
        Ok(odd) => {
            for one in odd {
                findings.bad("refs", format!("{}: {}", one.reference, one.why), one.mend);
            }
        }
        // A branch that is not there is said below.
        Err(ServerError::Remote(RemoteError::NoBranch { .. })) => {}
        Err(error) => findings.bad(
            "refs",
            format!("what others published cannot be looked at: {error}"),
            format!("git ls-remote {name}"),
        ),
    }
    if let Some(target) = target {
        branch(engine, &remote, &target, findings);
    }
}

fn claims(probe: &Probe, findings: &mut Findings) {
    match probe.run() {
        Ok(()) => findings.good(
            "claims",
            format!(
                "refs below {} move only from where they stand, together or not at all",
                probe.namespace
            ),
        ),
        Err(why) => {
            let fix = about_passwords(&why, probe.remote.name()).or_else(|| about_pushes(&why));
            let fix = fix.unwrap_or_else(|| {
                let elsewhere = Probe::new(probe.engine, probe.remote, BRANCHES);
                match probe.namespace != BRANCHES && elsewhere.run().is_ok() {
                    true => format!(
                        "this server takes branches: [remote] namespace = \"{BRANCHES}\" in .harness/config.toml"
                    ),
                    false => "ask who runs the server to allow these refs to be made, moved, and deleted".to_owned(),
                }
            });
            findings.bad("claims", why, fix);
        }
    }
}

/// What to do where git would have asked for a password.
fn about_passwords(said: &str, remote: &str) -> Option<String> {
    let words = [
        "could not read Username",
        "could not read Password",
        "Authentication failed",
        "Permission denied (",
    ];
    words.iter().any(|word| said.contains(word)).then(|| {
        format!(
            "nobody is asked for a password here: give git a credential helper, or a key, with which `git push --dry-run {remote}` asks nothing"
        )
    })
}

/// What to do where a server that can be read from takes no push at all, or not every kind.
fn about_pushes(said: &str) -> Option<String> {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let closed = ["returned error: 403", "access denied", "service not enabled"];
    let fix = if says(&closed) {
        "who may read there may not push: ask for the right to; a server of your own takes pushes with \
         http.receivepack = true (smart HTTP) or --enable=receive-pack (git daemon)"
    } else if says(&["does not support --atomic"]) {
        "ask who runs the server for receive.advertiseAtomic = true: else a landing and its claim could part"
    } else {
        return None;
    };
    Some(fix.to_owned())
}

/// The branch has to be there, and nothing here that it lacks.
fn branch(engine: &Engine, remote: &Remote, target: &str, findings: &mut Findings) {
    let here = format!("refs/harness/remotes/{}/heads/{target}", remote.name());
    if let Err(error) = remote.fetch(&[(format!("refs/heads/{target}"), here.clone())]) {
        return findings.bad(
            "branch",
            error.to_string(),
            format!("git push {} {target}", remote.name()),
        );
    }
    let tips = (engine.git.branch_tip(target), engine.git.reference(&here));
    let (Ok(Some(own)), Ok(Some(theirs))) = tips else {
        return;
    };
    match engine.git.is_ancestor(own, theirs) {
        Ok(true) => findings.good("branch", format!("{target} has nothing that {} lacks", remote.name())),
        _ => findings.look(
            "branch",
            format!("{target} has commits that {} lacks", remote.name()),
            format!(
                "git push {0} {target}, or git pull --rebase {0} {target}",
                remote.name()
            ),
        ),
    }
}

/// Two refs with names that nobody else has.
struct Probe<'a> {
    engine: &'a Engine,
    remote: &'a Remote,
    namespace: String,
    one: String,
    other: String,
}

impl<'a> Probe<'a> {
    fn new(engine: &'a Engine, remote: &'a Remote, namespace: &str) -> Self {
        let name = |engine: &Engine| format!("{namespace}/probe/{}", engine.clock.random_name(12));
        Self {
            one: name(engine),
            other: name(engine),
            namespace: namespace.to_owned(),
            engine,
            remote,
        }
    }

    fn here(&self) -> String {
        format!("refs/harness/remotes/{}/probe/", self.remote.name())
    }

    /// Where the two refs stand on the server.
    fn look(&self) -> Result<(Option<CommitId>, Option<CommitId>), RemoteError> {
        let pair = (format!("{}/probe/*", self.namespace), self.here() + "*");
        self.remote.fetch(&[pair])?;
        let found = self.engine.git.references_below(&self.here()).unwrap_or_default();
        let at = |reference: &str| {
            let (_, name) = reference.rsplit_once('/')?;
            found.iter().find(|(known, _)| known == name).map(|(_, commit)| *commit)
        };
        Ok((at(&self.one), at(&self.other)))
    }

    fn object(&self, parent: Option<CommitId>) -> Result<CommitId, String> {
        let message = format!("Probe {}\n", self.engine.clock.random_name(24));
        let seconds = self.engine.clock.now().as_second();
        let written = self.remote.write_note(&message, parent, seconds);
        written.map_err(|error| error.to_string())
    }

    fn push(&self, moves: &[(&str, Option<CommitId>, Option<CommitId>)]) -> Result<Answer, String> {
        let swap = |(reference, old, new): &(&str, _, _)| Swap {
            reference: (*reference).to_owned(),
            old: *old,
            new: *new,
        };
        let swaps: Vec<Swap> = moves.iter().map(swap).collect();
        self.remote.push(&swaps).map_err(|error| error.to_string())
    }

    /// Tries everything that claims rely on, and takes away what it made.
    fn run(&self) -> Result<(), String> {
        let tried = self.attempt();
        if let Ok((one, other)) = self.look() {
            for (reference, at) in [(&self.one, one), (&self.other, other)] {
                let left = at.map(|at| self.push(&[(reference, Some(at), None)]));
                if tried.is_ok() && left.is_some_and(|done| done != Ok(Answer::Done)) {
                    return Err(format!("{reference} was made to try it out, and cannot be taken away"));
                }
            }
        }
        // What was brought of it goes, too.
        let _ = self.look();
        tried
    }

    fn attempt(&self) -> Result<(), String> {
        let (one, two) = (self.object(None)?, self.object(None)?);
        let must = |what: &str, answer: Answer| match &answer {
            Answer::Done => Ok(()),
            Answer::Refused(_) => Err(format!(
                "a ref below {} cannot be {what}: {}",
                self.namespace,
                answer.reasons()
            )),
        };
        let must_not = |what: &str, answer: Answer| match answer {
            Answer::Refused(_) => Ok(()),
            Answer::Done => Err(format!("{what}, so claims would not hold")),
        };
        let seen = |wanted: (Option<CommitId>, Option<CommitId>), what: &str| match self.look() {
            Ok(found) if found == wanted => Ok(()),
            Ok(_) => Err(format!("the server does not show {what} below {}", self.namespace)),
            Err(error) => Err(error.to_string()),
        };
        must("made", self.push(&[(&self.one, None, Some(one))])?)?;
        seen((Some(one), None), "what was made")?;
        must_not(
            "a ref that is there can be made again",
            self.push(&[(&self.one, None, Some(two))])?,
        )?;
        let next = self.object(Some(one))?;
        must("moved", self.push(&[(&self.one, Some(one), Some(next))])?)?;
        let late = self.object(Some(next))?;
        must_not(
            "a ref can be moved from where it does not stand",
            self.push(&[(&self.one, Some(one), Some(late))])?,
        )?;
        let half = [(&*self.other, None, Some(two)), (&*self.one, Some(one), Some(late))];
        must_not("a push can be done by halves", self.push(&half)?)?;
        seen((Some(next), None), "a push that was refused as a whole")?;
        must("taken away", self.push(&[(&self.one, Some(next), None)])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_has_against_a_push_gets_its_own_way_out() {
        let http = "fatal: unable to access 'http://x/a.git/': The requested URL returned error: 403";
        let daemon = "fatal: remote error: access denied or repository not exported: /a.git";
        for said in [http, daemon] {
            let fix = about_pushes(said).unwrap();
            assert!(fix.contains("http.receivepack") && fix.contains("--enable=receive-pack"));
        }
        let halves = "fatal: the receiving end does not support --atomic push";
        assert!(about_pushes(halves).unwrap().contains("receive.advertiseAtomic"));
        // The server's own words about refs are no matter of rights.
        assert_eq!(about_pushes("refs/harness/probe/a: deny updating a hidden ref"), None);
    }

    #[test]
    fn where_git_would_ask_for_a_password_it_is_said_that_nobody_does() {
        let asks = "fatal: could not read Username for 'https://x': terminal prompts disabled";
        let key = "git@x: Permission denied (publickey).";
        for said in [asks, key] {
            assert!(
                about_passwords(said, "origin")
                    .unwrap()
                    .contains("git push --dry-run origin")
            );
        }
        assert_eq!(
            about_passwords("error: cannot lock ref: Permission denied", "origin"),
            None
        );
    }
}
