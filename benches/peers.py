"""What hooks add to a one-file commit, beside the hook managers that people use, each with one empty hook of its own:
`peers.py BINARY WORKDIR`. Interleaved and shuffled; medians, and medians of ratios to no hooks at all. What is not on the
PATH (pre-commit, prek, lefthook, husky) is skipped by name. SIZE=1000 ROUNDS=25"""

import os
import random
import shutil
import statistics
import subprocess
import sys
import time

BIN, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SIZE = int(os.environ.get("SIZE", 1000))
ROUNDS = int(os.environ.get("ROUNDS", 25))

LOCAL = """repos:
  - repo: local
    hooks:
      - {id: nothing, name: nothing, entry: "true", language: system, always_run: true, pass_filenames: false}
"""


def sh(*args, cwd, stdin=None):
    done = subprocess.run(args, cwd=cwd, input=stdin, capture_output=True)
    if done.returncode:
        sys.exit(f"{args} failed: {done.stderr.decode()}{done.stdout.decode()}")
    return done.stdout


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, mode)


def repository(name):
    path = f"{WORK}/{name}"
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    sh("git", "init", "-q", "-b", "main", path, cwd=WORK)
    for number in range(SIZE):
        write(f"{path}/d{number // 50:04}/f{number}.txt", f"line {number}\n")
    sh("git", "add", "-A", cwd=path)
    sh("git", "commit", "-qm", "base", cwd=path)
    return path


def ours(path, task_open):
    plan = '[{"id": "b-1", "title": "Card", "files_allowed": ["new/1.txt"], "definition_of_done": ["x"], "verification": ["true"]}]'
    write(f"{WORK}/plan.json", plan)
    sh(BIN, "plan", "import", "--commit", f"{WORK}/plan.json", cwd=path)
    sh(BIN, "hooks", "install", cwd=path)
    if task_open:
        sh(BIN, "start", "b-1", cwd=path)


def empty_hooks(path):
    for slot in ("pre-commit", "prepare-commit-msg", "commit-msg"):
        write(f"{path}/.git/hooks/{slot}", "#!/bin/sh\nexit 0\n", 0o755)


def pre_commit(program):
    def install(path):
        write(f"{path}/.pre-commit-config.yaml", LOCAL)
        sh("git", "add", "-A", cwd=path)
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


SIDES = {
    "no hooks": (None, lambda path: None),
    "three empty sh hooks": (None, empty_hooks),
    "git-harness, no task open": (None, lambda path: ours(path, False)),
    "git-harness, task open, evidence cached": (None, lambda path: ours(path, True)),
    "husky, one empty hook": ("husky", husky),
    "lefthook, one empty hook": ("lefthook", lefthook),
    "prek, one empty hook": ("prek", pre_commit("prek")),
    "pre-commit, one empty hook": ("pre-commit", pre_commit("pre-commit")),
}

os.makedirs(WORK, exist_ok=True)
paths, spent = {}, {}
for name, (program, install) in SIDES.items():
    if program and not shutil.which(program):
        print(f"skipped: {program} is not on the PATH")
        continue
    paths[name] = repository(name.replace(" ", "-").replace(",", ""))
    install(paths[name])
    sh("git", "add", "-A", cwd=paths[name])
    subprocess.run(["git", "commit", "-qnm", "set up"], cwd=paths[name], capture_output=True)
    spent[name] = []
bases = {name: sh("git", "rev-parse", "HEAD", cwd=path).decode().strip() for name, path in paths.items()}
for round_number in range(ROUNDS + 2):
    names = list(paths)
    random.shuffle(names)
    for name in names:
        path = paths[name]
        write(f"{path}/new/1.txt", "change\n")
        sh("git", "add", "-A", cwd=path)
        start = time.perf_counter()
        done = subprocess.run(["git", "commit", "-qm", "m"], cwd=path, capture_output=True)
        took = (time.perf_counter() - start) * 1e3
        if done.returncode:
            sys.exit(f"{name}: the commit failed: {done.stderr.decode()}")
        if round_number >= 2:
            spent[name].append(took)
        sh("git", "reset", "-q", "--soft", bases[name], cwd=path)
        sh("git", "reset", "-q", "--", "new", cwd=path)
print(f"| a one-file commit, {SIZE} files | ms | x no hooks |\n|---|---|---|")
for name, values in spent.items():
    ratio = statistics.median(one / other for one, other in zip(values, spent["no hooks"]))
    print(f"| {name} | {statistics.median(values):.1f} | {ratio:.2f} |")
