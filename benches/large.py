"""Landings in a large tree, beside a plain commit of the same change there: warm, with evidence that is not cached and a check
that does nothing. And the first copy of such a tree, beside `git worktree add`."""

import json
import os
import shutil
import subprocess
import sys
import time

from bench import in_turn, ratio, repository, sh, write

PLAIN, COMMIT, SUBMIT, EXEC = "plain commit", "commit", "submit", "exec"
# Beside what it lands it takes back what the Builder before it left.
AFTER = "exec after one that failed,"
WANTED = {COMMIT: 2.0, SUBMIT: 3.0, EXEC: 4.0, AFTER: 4.0}
COPY, WORKTREE = "first copy", "git worktree add"
MOST_COPY = 1.1


def cards(binary, path, count):
    """Cards that each allow one new file, and nothing that is asked of it."""
    plan = [
        {
            "id": f"l-{number}",
            "title": f"Card {number}",
            "files_allowed": [f"new/{number}.txt"],
            "instructions": "Write the file",
            "definition_of_done": ["it is there"],
            "verification": ["true"],
        }
        for number in range(1, count + 1)
    ]
    write(f"{path}/.git/plan.json", json.dumps(plan))
    sh(binary, "plan", "import", "--commit", f"{path}/.git/plan.json", cwd=path)
    sh(binary, "hooks", "install", cwd=path)


def spent(args, cwd):
    start = time.perf_counter()
    done = subprocess.run(args, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True)
    took = (time.perf_counter() - start) * 1e3
    if done.returncode:
        sys.exit(f"{args} failed: {done.stderr.decode()[:2000]}{done.stdout.decode()[:2000]}")
    return took


def landings(binary, work, files, rounds):
    """Milliseconds of each way, in turn; every landing is of a card and a file of its own, so no evidence is known."""
    unmeasured = 2
    ways = 1 + len(WANTED)
    numbers = iter(range(1, ways * (rounds + unmeasured) + 1))
    plain, path = repository(f"{work}/large-plain", files), repository(f"{work}/large", files)
    cards(binary, path, ways * (rounds + unmeasured))

    def by_plain():
        number = next(numbers)
        write(f"{plain}/new/{number}.txt", f"{number}\n")
        sh("git", "add", f"new/{number}.txt", cwd=plain)
        return spent(["git", "commit", "-qm", "m"], plain)

    def attended(land):
        number = next(numbers)
        sh(binary, "start", f"l-{number}", cwd=path)
        write(f"{path}/new/{number}.txt", f"{number}\n")
        return land(number)

    def by_commit(number):
        sh("git", "add", f"new/{number}.txt", cwd=path)
        return spent(["git", "commit", "-qm", "m"], path)

    def by_exec(before=None):
        number = next(numbers)
        if before:
            subprocess.run([binary, "exec", f"l-{number}", "--", "sh", "-c", before], cwd=path, capture_output=True)
        script = f"mkdir -p new; echo {number} > new/{number}.txt"
        return spent([binary, "exec", f"l-{number}", "--", "sh", "-c", script], path)

    sides = {
        PLAIN: by_plain,
        COMMIT: lambda: attended(by_commit),
        SUBMIT: lambda: attended(lambda _: spent([binary, "submit"], path)),
        EXEC: by_exec,
        AFTER: lambda: by_exec("rm -rf d0000/e00; for f in d0000/e01/*; do echo x >> $f; done; mkdir out; exit 1"),
    }
    return in_turn(sides, rounds, unmeasured)


def copies(binary, work, files, rounds):
    """The first landing in a clone that has no copy yet, less a later one: what the copy costs, beside git's own."""
    path = repository(f"{work}/large-first", files)
    cards(binary, path, 2 * (rounds + 1))
    numbers = iter(range(1, 2 * (rounds + 1) + 1))
    store = os.environ["XDG_CACHE_HOME"]

    def checked():
        number = next(numbers)
        sh(binary, "start", f"l-{number}", cwd=path)
        write(f"{path}/new/{number}.txt", f"{number}\n")
        return spent([binary, "submit"], path)

    def first():
        shutil.rmtree(f"{store}/git-harness", ignore_errors=True)
        cold = checked()
        return max(cold - checked(), 0.0)

    def worktree():
        took = spent(["git", "worktree", "add", "-q", "--detach", f"{work}/large-worktree"], path)
        sh("git", "worktree", "remove", "--force", f"{work}/large-worktree", cwd=path)
        return took

    return in_turn({COPY: first, WORKTREE: worktree}, rounds, 1)


def rows(table, binary, work, files, rounds):
    found = landings(binary, work, files, rounds)
    for way, limit in WANTED.items():
        what = f"{way} of one file, {files:,} files, warm, evidence not cached, check `true`, beside a plain commit"
        table.most(what, ratio(found[way], found[PLAIN]), limit, "x")
    found = copies(binary, work, files, max(3, rounds // 5))
    table.most(f"first copy of {files:,} files, beside `git worktree add`", ratio(found[COPY], found[WORKTREE]), MOST_COPY, "x")
    for name in ("large-plain", "large", "large-first"):
        shutil.rmtree(f"{work}/{name}", ignore_errors=True)


if __name__ == "__main__":
    from bench import Table

    table = Table()
    rows(table, os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), int(os.environ.get("FILES", 40000)), int(os.environ.get("ROUNDS", 15)))
    table.print()
