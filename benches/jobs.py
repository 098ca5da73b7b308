"""How much faster a run is with several jobs: 64 cards, a Builder that takes 2 seconds. By itself: `jobs.py BINARY`."""

import json
import os
import subprocess
import sys
import tempfile
import time

BIN = sys.argv[1]
CARDS = int(os.environ.get("JOB_CARDS", 64))
SECONDS = float(os.environ.get("SECONDS_EACH", 2))
JOBS = [int(jobs) for jobs in os.environ.get("JOBS", "1 2 4 8").split()]


def sh(*args, cwd=None):
    return subprocess.run(args, cwd=cwd, check=True, capture_output=True).stdout


def run(jobs, work):
    path = f"{work}/{jobs}"
    sh("git", "init", "-q", path)
    with open(f"{path}/builder.sh", "w") as out:
        out.write(f"sleep {SECONDS}; echo $HARNESS_TASK > $HARNESS_TASK.txt\n")
    os.makedirs(f"{path}/.harness")
    with open(f"{path}/.harness/config.toml", "w") as out:
        out.write('[roles]\nbuilder = "b"\n[builders.b]\nrun = ["sh", "builder.sh"]\n')
    sh("git", "add", "-A", cwd=path)
    sh("git", "commit", "-qm", "base", cwd=path)
    cards = [
        {
            "id": f"c-{number}",
            "title": f"Card {number}",
            "files_allowed": [f"c-{number}.txt"],
            "definition_of_done": ["it is there"],
            "verification": [f"grep -q c-{number} c-{number}.txt"],
        }
        for number in range(CARDS)
    ]
    with open(f"{work}/plan.json", "w") as out:
        json.dump(cards, out)
    sh(BIN, "plan", "import", "--commit", f"{work}/plan.json", cwd=path)
    sh(BIN, "trust", cwd=path)
    start = time.perf_counter()
    sh(BIN, "run", "--quiet", "--jobs", str(jobs), cwd=path)
    spent = time.perf_counter() - start
    landed = int(sh("git", "rev-list", "--count", "HEAD", "--", *[f"c-{n}.txt" for n in range(CARDS)], cwd=path))
    assert landed == CARDS, f"{landed} of {CARDS} landed"
    sh(BIN, "audit", "--strength", "recorded", cwd=path)
    return spent


def rows(table):
    with tempfile.TemporaryDirectory() as work:
        first = None
        for jobs in JOBS:
            spent = run(jobs, work)
            first = first or spent
            what = f"{CARDS} cards of {SECONDS:g} s, {jobs} at a time"
            faster = first / spent
            wanted = ("at 8: >= 7 x", faster >= 7) if jobs == 8 else ("", None)
            table.add(what, f"{spent:.1f} s, {faster:.2f} x", *wanted)


if __name__ == "__main__":
    from bench import Table

    table = Table()
    rows(table)
    table.print()
