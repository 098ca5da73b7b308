#!/usr/bin/env python3
"""Replays the history of public projects as tasks, and compares what lands with what the project committed.

    tests/replay/replay.py BIN REPOSITORY... [--commits N] [--ways commit,submit,exec] [--work DIR] [--json FILE]

Each commit on the first-parent line of a repository's HEAD becomes a card whose `files` are exactly the paths that the
commit changes, and whose check is `true`. The cards land one after the other, each in the next of the three ways: by
`git commit` through the hooks, by `git harness submit`, and by `git harness exec` with a Builder that writes the
files. After each landing the tree, without `.harness/`, has to equal the project's own in every byte and mode. A
landing that was refused, or that differs, is reported with what the program said; the history is then brought to
where the project was by a plain commit, and goes on. At the end the audit judges the whole of it.

A refusal that `plan lint` foretells is a policy; every other one is a defect. The exit status is 1 if there was one.
"""

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "LC_ALL": "C.UTF-8",
    "NO_COLOR": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.invalid",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.invalid",
    "GIT_LFS_SKIP_SMUDGE": "1",
}

# What makes a payload the state of the folder it is run in: what went is removed first, so that a file can become a folder.
APPLY = """import json, os, shutil, sys, tarfile
plan = json.load(open(sys.argv[1] + ".json"))
for path in plan["gone"]:
    path = os.fsencode(path)
    if os.path.islink(path) or os.path.isfile(path):
        os.remove(path)
    elif os.path.isdir(path):
        shutil.rmtree(path)
    folder = os.path.dirname(path)
    while folder and not os.path.islink(folder) and os.path.isdir(folder) and not os.listdir(folder):
        os.rmdir(folder)
        folder = os.path.dirname(folder)
with tarfile.open(sys.argv[1] + ".tar") as archive:
    for member in archive:
        if os.path.lexists(member.name) and not member.isdir():
            os.remove(member.name)
        archive.extract(member, filter="fully_trusted")
"""


class Failed(Exception):
    """A program that had to succeed did not."""


class World:
    """One project: its own repository, and the one in which its history happens again."""

    def __init__(self, binary, source, work, commits, ways):
        self.binary, self.source = binary, source
        self.ways, self.commits = ways, commits
        parts = [part for part in os.path.normpath(source).split(os.sep) if part not in ("repo", ".git")]
        self.name = parts[-1]
        self.root = os.path.join(work, self.name)
        shutil.rmtree(self.root, ignore_errors=True)
        self.repo, self.plain = f"{self.root}/repo", f"{self.root}/plain"
        self.payloads = f"{self.root}/payloads"
        os.makedirs(self.payloads)
        os.makedirs(f"{self.root}/home")
        self.environment = ENVIRONMENT | {
            "HOME": f"{self.root}/home",
            "XDG_CACHE_HOME": f"{self.root}/cache",
            "XDG_CONFIG_HOME": f"{self.root}/config",
            "PATH": os.path.dirname(binary) + os.pathsep + ENVIRONMENT["PATH"],
        }
        self.rows = []
        with open(f"{self.payloads}/apply.py", "w") as out:
            out.write(APPLY)

    def run(self, *args, cwd=None, stdin=None, env=None):
        return subprocess.run(
            args,
            cwd=cwd or self.repo,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            env=self.environment | (env or {}),
        )

    def git(self, *args, cwd=None, stdin=None, env=None):
        done = self.run("git", *args, cwd=cwd, stdin=stdin, env=env)
        if done.returncode:
            raise Failed(f"git {args}: {done.stderr.decode(errors='replace')[:2000]}")
        return done.stdout

    def harness(self, *args, cwd=None):
        return self.run(self.binary, *args, cwd=cwd)

    def must(self, *args):
        done = self.harness(*args)
        if done.returncode:
            raise Failed(f"{args}: {told(done)[:2000]}")
        return done

    def prepare(self):
        """The line of commits, the repository before the first of them, and a card for each."""
        line = self.git(
            "-C", self.source, "rev-list", "--first-parent", f"--max-count={self.commits + 1}", "HEAD", cwd=self.root
        )
        self.line = line.decode().split()[::-1]
        for path in (self.repo, self.plain):
            self.git("init", "-q", "-b", "main", path, cwd=self.root)
            # The audit wants every object in the repository's own store, so packs are linked, not borrowed.
            packs = self.git("-C", self.source, "rev-parse", "--path-format=absolute", "--git-path", "objects", cwd=self.root)
            shutil.copytree(packs.decode().strip(), f"{path}/.git/objects", copy_function=link, dirs_exist_ok=True)
        self.git("checkout", "-q", "-f", "--detach", self.line[0], cwd=self.plain)
        first = self.git("commit-tree", f"{self.line[0]}^{{tree}}", "-m", "Begin").decode().strip()
        self.git("reset", "-q", "--hard", first)
        self.must("init")
        if not self.run("git", "ls-files", "--error-unmatch", "AGENTS.md").returncode == 0:
            os.remove(f"{self.repo}/AGENTS.md")
        self.git("add", "-f", ".harness")
        self.git("commit", "-qm", "Set up")
        cards, self.jobs = [], []
        for number, (before, after) in enumerate(zip(self.line, self.line[1:]), 1):
            changed = self.git("diff-tree", "-r", "-z", "--no-renames", before, after, cwd=self.plain)
            entries = changed.decode(errors="surrogateescape").split("\0")[:-1]
            changes = [(entry.split()[4], entry.split()[1], path) for entry, path in zip(entries[::2], entries[1::2])]
            paths = [path for _, _, path in changes]
            task = f"r-{number:05}"
            skip = None
            if not paths:
                skip = "nothing changed"
            elif any("\udc80" <= letter <= "\udcff" for path in paths for letter in path):
                skip = "a name that JSON cannot hold"
            if skip is None:
                cards.append(
                    {
                        "id": task,
                        "title": f"Replay {after[:12]}",
                        "files_allowed": paths,
                        "instructions": "Replay the commit",
                        "definition_of_done": ["The tree is the project's"],
                        "verification": ["true"],
                    }
                )
            self.jobs.append((task, before, after, changes, skip))
        with open(f"{self.root}/plan.json", "w") as out:
            json.dump(cards, out)
        imported = self.harness("plan", "import", "--commit", f"{self.root}/plan.json")
        if imported.returncode:
            raise Failed(f"plan import: {told(imported)[:3000]}")
        self.lint = told(self.harness("plan", "lint"))
        self.base = self.git("rev-parse", "HEAD").decode().strip()

    def payload(self, task, after, changes):
        """The changed files as a plain checkout has them, for somebody to write."""
        self.git("checkout", "-q", "-f", "--detach", after, cwd=self.plain)
        name = f"{self.payloads}/{task}"
        gone = [path for kind, _, path in changes if kind == "D"]
        gone += [path for kind, _, path in changes if kind == "T"]
        with tarfile.open(f"{name}.tar", "w") as archive:
            for kind, mode, path in changes:
                if kind != "D" and mode != "160000":
                    archive.add(os.path.join(os.fsencode(self.plain), os.fsencode(path)).decode(errors="surrogateescape"), arcname=path, recursive=False)
        with open(f"{name}.json", "w") as out:
            json.dump({"gone": gone}, out)
        return name

    def land(self, way, task, after, changes):
        name = self.payload(task, after, changes)
        apply = ["python3", "-ISc", APPLY, name]
        if way == "exec":
            return self.harness("exec", task, "--", *apply)
        started = self.harness("start", task)
        if started.returncode:
            return started
        applied = self.run(*apply)
        if applied.returncode:
            raise Failed(f"{task}: the files could not be written: {told(applied)}")
        for kind, mode, path in changes:
            if mode == "160000" and kind != "D":
                commit = self.git("rev-parse", f"{after}:{path}", cwd=self.plain).decode().strip()
                self.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
        if way == "submit":
            return self.harness("submit")
        paths = "\0".join(path for _, mode, path in changes if mode != "160000").encode(errors="surrogateescape")
        if paths:
            self.git("--literal-pathspecs", "add", "-Af", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=paths)
        message = self.git("log", "-1", "--format=%B", after, cwd=self.plain)
        return self.run("git", "commit", "-q", "-F", "-", "--cleanup=verbatim" if b"\n#" in message else "--cleanup=strip", stdin=message or b"x")

    def tree(self, commit, cwd):
        listing = self.git("ls-tree", "-r", "-z", "--full-tree", commit, cwd=cwd)
        return [row for row in listing.split(b"\0") if row and not row.split(b"\t", 1)[1].startswith(b".harness/")]

    def as_git_adds(self, before, changes):
        """The tree that plain `git add` makes of the same files."""
        index = {"GIT_INDEX_FILE": f"{self.root}/index"}
        self.git("read-tree", before, cwd=self.plain, env=index)
        paths = "\0".join(path for _, mode, path in changes if mode != "160000").encode(errors="surrogateescape")
        self.git("--literal-pathspecs", "add", "-Af", "--pathspec-from-file=-", "--pathspec-file-nul", cwd=self.plain, stdin=paths, env=index)
        tree = self.git("write-tree", cwd=self.plain, env=index).decode().strip()
        return self.tree(tree, self.plain)

    def align(self, task, after):
        """Brings the history to where the project was, as a person would do by hand."""
        self.harness("release", task)
        for left in ("index.lock",):
            if os.path.exists(f"{self.repo}/.git/{left}"):
                raise Failed(f"{task}: .git/{left} was left behind")
        index = {"GIT_INDEX_FILE": f"{self.root}/align"}
        self.git("read-tree", after, env=index)
        self.git("read-tree", "--prefix=.harness/", "HEAD:.harness", env=index)
        tree = self.git("write-tree", env=index).decode().strip()
        if tree == self.git("rev-parse", "HEAD^{tree}").decode().strip():
            self.git("reset", "-q", "--hard")
            return False
        commit = self.git("commit-tree", tree, "-p", "HEAD", "-m", f"Align with {after}").decode().strip()
        self.git("-c", "core.hooksPath=/dev/null", "reset", "-q", "--hard", commit)
        self.git("clean", "-qfdx")
        return True

    def play(self):
        began = time.monotonic()
        self.prepare()
        wrong, counts = 0, collections.Counter()
        for number, (task, before, after, changes, skip) in enumerate(self.jobs):
            way = self.ways[number % len(self.ways)]
            if skip:
                counts["skipped: " + skip] += 1
                self.align(task, after)
                continue
            said = self.land(way, task, after, changes)
            wanted = self.tree(after, self.plain)
            got = self.tree("HEAD", self.repo)
            is_landed = f"Harness-Task: {task}" in self.git("log", "-1", "--format=%B").decode(errors="replace")
            if is_landed and got == wanted:
                outcome = "landed"
            elif is_landed and got == self.as_git_adds(before, changes):
                outcome = "landed as git adds it"
            elif is_landed:
                outcome = "PARTIAL"
            elif task in self.lint:
                outcome = "refused by policy"
            else:
                outcome = "REFUSED"
            dirty = b""
            if is_landed and outcome != "PARTIAL":
                dirty = self.git("status", "--porcelain")
                if dirty:
                    outcome = "DIRTY"
            counts[f"{way}: {outcome}"] += 1
            if outcome.isupper():
                wrong += 1
                different = sorted(set(got) ^ set(wanted))[:6]
                self.rows.append(
                    {
                        "project": self.name,
                        "task": task,
                        "commit": after,
                        "way": way,
                        "outcome": outcome,
                        "paths": [list(change) for change in changes[:20]],
                        "said": told(said)[-1500:],
                        "different": [row.decode(errors="replace") for row in different] if is_landed else [],
                        "status": dirty.decode(errors="replace")[:500],
                    }
                )
            if not is_landed or got != wanted or dirty:
                self.align(task, after)
            for end in (".tar", ".json"):
                os.remove(f"{self.payloads}/{task}{end}")
        audit = self.harness("audit", "--json", f"{self.base}..HEAD")
        findings = [
            finding
            for finding in json.loads(audit.stdout or b"{}").get("findings", [])
            if finding["level"] == "error" and not self.is_alignment(finding.get("commit"))
        ]
        if audit.returncode not in (0, 1):
            findings.append({"rule": "audit ended", "message": told(audit)[:500]})
        wrong += len(findings)
        for finding in findings[:20]:
            self.rows.append({"project": self.name, "outcome": "AUDIT", "finding": finding})
        seconds = time.monotonic() - began
        summary = ", ".join(f"{what} {count}" for what, count in sorted(counts.items()))
        print(f"{self.name}: {summary}; audit errors {len(findings)}; {seconds:.0f} s", flush=True)
        return wrong, counts

    def is_alignment(self, commit):
        return commit is not None and self.git("log", "-1", "--format=%s", commit).startswith(b"Align with ")


def link(source, target):
    """As `shutil.copy2`, but a hard link where the file system has them."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def told(done):
    return (done.stdout + done.stderr).decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("--commits", type=int, default=100)
    parser.add_argument("--ways", default="commit,submit,exec")
    parser.add_argument("--work", default="target/replay", help="not below /tmp, which is empty inside of the fence")
    parser.add_argument("--json", help="where every defect is written, a line each")
    parser.add_argument("--keep", action="store_true", help="leave the repositories there to look at")
    args = parser.parse_args()
    wrong, total = 0, collections.Counter()
    rows = open(args.json, "a") if args.json else None
    for source in args.repositories:
        world = World(os.path.abspath(args.binary), os.path.abspath(source), os.path.abspath(args.work), args.commits, args.ways.split(","))
        try:
            found, counts = world.play()
            total.update(counts)
        except Failed as error:
            found = 1
            world.rows.append({"project": world.name, "outcome": "BROKEN", "said": str(error)})
            print(f"{world.name}: broken off: {error}", flush=True)
        wrong += found
        for row in world.rows:
            if rows:
                rows.write(json.dumps(row) + "\n")
                rows.flush()
            else:
                print(json.dumps(row, indent=1)[:3000], flush=True)
        if not args.keep:
            shutil.rmtree(world.root, ignore_errors=True)
    print("all: " + ", ".join(f"{what} {count}" for what, count in sorted(total.items())) + f"; defects {wrong}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
