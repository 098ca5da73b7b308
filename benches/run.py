"""Every figure that design and documentation name, as one table; see run.sh."""

import json
import os
import statistics
import sys
import time

import at_size
import audit
import fence
import floods
import hooks
import jobs
import large
import others
from bench import Table, in_turn, repository, sh, timed
from size import card

BIN, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ROUNDS = int(os.environ.get("ROUNDS", 25))
TASKS = int(os.environ.get("TASKS", 200))
SIZES = [int(size) for size in os.environ.get("SIZES", "1000 100000").split()]
SHAPES = os.environ.get("SHAPES", "1000:10000:10000 10000:50000:100000 100000:1000000:100000").split()
AUDITED = [int(commits) for commits in os.environ.get("AUDITED", "10000 100000").split()]
NEXT_OF = int(os.environ.get("NEXT_OF", 1000))
LARGE = int(os.environ.get("LARGE", 40000))
PARTS = os.environ.get("PARTS", "start tasks size next audit fence jobs hooks large").split()


def start_up(table):
    sides = {"ours": lambda: timed([BIN, "--version"], "/"), "true": lambda: timed(["/bin/true"], "/")}
    spent = in_turn(sides, 4 * ROUNDS)
    more = statistics.median(spent["ours"]) - statistics.median(spent["true"])
    table.most("start-up, more than /bin/true", more, 5, "ms")


def per_task(table):
    path, answers = repository(f"{WORK}/tasks", 1000), f"{WORK}/answers"
    for number in range(1, TASKS + 1):
        os.makedirs(f"{answers}/b-{number}", exist_ok=True)
        with open(f"{answers}/b-{number}/1.md", "w") as out:
            out.write(f"new/{number // 100}/{number}.txt\n```\n{number}\n```\n")
    os.makedirs(f"{path}/.harness", exist_ok=True)
    with open(f"{path}/.harness/config.toml", "w") as out:
        out.write(f'[roles]\nbuilder = "r"\n[builders.r]\nkind = "replay"\ndir = "{answers}"\n')
    sh("git", "add", "-A", cwd=path)
    sh("git", "commit", "-qm", "configure", cwd=path)
    with open(f"{WORK}/plan.json", "w") as out:
        json.dump([card(number) for number in range(1, TASKS + 1)], out)
    sh(BIN, "plan", "import", "--commit", f"{WORK}/plan.json", cwd=path)
    start = time.perf_counter()
    sh(BIN, "run", cwd=path)
    spent = (time.perf_counter() - start) * 1e3
    table.most(f"contractor's own time per task, {TASKS} tasks, 1,000 files", spent / TASKS, 150, "ms")


table, peers = Table(), []
if "start" in PARTS:
    start_up(table)
if "tasks" in PARTS:
    per_task(table)
for shape in SHAPES if "size" in PARTS else []:
    at_size.rows(table, BIN, WORK, tuple(int(number) for number in shape.split(":")), ROUNDS)
if "next" in PARTS:
    others.rows(table, BIN, WORK, NEXT_OF, max(3, ROUNDS // 5))
for commits in AUDITED if "audit" in PARTS else []:
    audit.rows(table, BIN, WORK, commits, max(3, ROUNDS // 5))
if "fence" in PARTS:
    fence.rows(table)
if "jobs" in PARTS:
    jobs.rows(table)
if "floods" in PARTS:
    floods.rows(table, BIN, f"{WORK}/floods")
if "hooks" in PARTS:
    peers = hooks.rows(table, BIN, WORK, SIZES, ROUNDS)
if "large" in PARTS:
    large.rows(table, BIN, WORK, LARGE, ROUNDS)
table.add("records lost, cards given out twice, in 10,000 kills", "see `KILLS=10000 .ci/crash`", "0, 0")
table.print()
if peers:
    print("\n" + "\n".join(peers))
