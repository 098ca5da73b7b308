"""What hooks add to a one-file commit: ours beside empty `sh` hooks, and beside the hook managers that people use, each with
one hook that does nothing. What is not on the PATH is skipped by name."""

import os
import shutil
import statistics
import subprocess
import sys
import time

from bench import in_turn, ratio, repository, sh, write

NONE, EMPTY = "no hooks", "three empty sh hooks"
IDLE, OPEN = "git-harness, no task open", "git-harness, task open, evidence cached"
WANTED = {1000: 1.40, 100000: 1.15}
PLAN = '[{"id": "b-1", "title": "Card", "files_allowed": ["new/1.txt"], "definition_of_done": ["x"], "verification": ["true"]}]'
LOCAL = """repos:
  - repo: local
    hooks:
      - {id: nothing, name: nothing, entry: "true", language: system, always_run: true, pass_filenames: false}
"""


def ours(binary, task_open):
    def install(path):
        write(f"{path}/.git/plan.json", PLAN)
        sh(binary, "plan", "import", "--commit", f"{path}/.git/plan.json", cwd=path)
        sh(binary, "hooks", "install", cwd=path)
        if task_open:
            sh(binary, "start", "b-1", cwd=path)

    return install


def empty_hooks(path):
    for slot in ("pre-commit", "prepare-commit-msg", "commit-msg"):
        write(f"{path}/.git/hooks/{slot}", "#!/bin/sh\nexit 0\n", 0o755)


def pre_commit(program):
    def install(path):
        write(f"{path}/.pre-commit-config.yaml", LOCAL)
        sh("git", "add", ".pre-commit-config.yaml", cwd=path)
        sh("git", "commit", "-qm", "configure", cwd=path)
        sh(program, "install", cwd=path)

    return install


def lefthook(path):
    write(f"{path}/lefthook.yml", "pre-commit:\n  commands:\n    nothing:\n      run: 'true'\n")
    sh("lefthook", "install", cwd=path)


def husky(path):
    write(f"{path}/package.json", "{}\n")
    sh("husky", cwd=path)
    write(f"{path}/.husky/pre-commit", "exit 0\n", 0o755)


MANAGERS = {"husky": husky, "lefthook": lefthook, "prek": pre_commit("prek"), "pre-commit": pre_commit("pre-commit")}


def commits(name, path):
    """One commit of one file, made and taken back: the same change each time, so that its evidence is known."""
    sh("git", "add", "-A", cwd=path)
    subprocess.run(["git", "commit", "-qnm", "set up"], cwd=path, capture_output=True)
    base = sh("git", "rev-parse", "HEAD", cwd=path).decode().strip()

    def commit():
        write(f"{path}/new/1.txt", "change\n")
        sh("git", "add", "new/1.txt", cwd=path)
        start = time.perf_counter()
        done = subprocess.run(["git", "commit", "-qm", "m"], cwd=path, capture_output=True)
        took = (time.perf_counter() - start) * 1e3
        if done.returncode:
            sys.exit(f"{name}: the commit failed: {done.stderr.decode()}")
        sh("git", "reset", "-q", "--soft", base, cwd=path)
        sh("git", "reset", "-q", "--", "new", cwd=path)
        return took

    return commit


def measure(binary, work, size, rounds, with_managers):
    installs = {NONE: lambda path: None, EMPTY: empty_hooks, IDLE: ours(binary, False), OPEN: ours(binary, True)}
    for program, install in MANAGERS.items() if with_managers else []:
        if shutil.which(program):
            installs[program] = install
        else:
            print(f"  skipped: {program} is not on the PATH", file=sys.stderr)
    sides = {}
    for number, (name, install) in enumerate(installs.items()):
        path = repository(f"{work}/hooks-{size}-{number}", size)
        install(path)
        sides[name] = commits(name, path)
    return in_turn(sides, rounds)


def rows(table, binary, work, sizes, rounds):
    """Adds to the table, and returns the peers' own."""
    peers = [f"| a one-file commit | {' | '.join(f'{size} files, ms | x no hooks' for size in sizes)} |"]
    peers.append("|---|" + "---|---|" * len(sizes))
    cells = {}
    for size in sizes:
        spent = measure(binary, work, size, rounds, True)
        what = f"one-file commit, {size} files"
        limit = WANTED.get(size, 1.40)
        table.most(f"{what}, task open, evidence cached, beside {EMPTY}", ratio(spent[OPEN], spent[EMPTY]), limit, "x")
        table.most(f"{what}, no task open, beside {EMPTY}", ratio(spent[IDLE], spent[EMPTY]), 1.05, "x")
        for name in (name for name in spent if name in MANAGERS):
            beside = ratio(spent[OPEN], spent[name])
            table.add(f"{what}, task open, beside {name}", f"{beside:.2f} x", "< 1 x", beside < 1)
        for name, values in spent.items():
            beside = f"{statistics.median(values):.1f} | {ratio(values, spent[NONE]):.2f}"
            cells.setdefault(name, {})[size] = beside
        for number in range(len(spent)):
            shutil.rmtree(f"{work}/hooks-{size}-{number}", ignore_errors=True)
    for name, found in cells.items():
        peers.append(f"| {name} | {' | '.join(found.get(size, ' | ') for size in sizes)} |")
    return peers


if __name__ == "__main__":
    from bench import Table

    table = Table()
    sizes = [int(size) for size in os.environ.get("SIZES", "1000").split()]
    found = rows(table, os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sizes, int(os.environ.get("ROUNDS", 25)))
    table.print()
    print("\n" + "\n".join(found))
