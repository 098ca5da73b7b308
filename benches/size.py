"""A project of a given size for the benchmarks: a plan that the program itself imported, a history in which most of its
cards landed, and the journal of that work. One real task's rows, under other names: the format is the program's own, so
that it checks, hashes and all, what is made here. Needs the Python module `blake3`."""

import json
import os
import subprocess
import sys
import time

from bench import sh

try:
    from blake3 import blake3
except ImportError:
    sys.exit("the benchmark needs the Python module blake3: pip install blake3")

SEGMENT = 256 * 1024
PER_LANDING = 7
TIME = "2026-01-01T00:00:00Z"
EVIDENCE = {
    "key": {"check_tree": "7" * 40, "checks": "b" * 64, "environment": "e" * 64, "fence": "overlay"},
    "results": [
        {"name": "true", "kind": "test", "status": "passed", "millis": 54, "runs": 1, "log": "a" * 64, "excerpt": ""}
    ],
    "reused": False,
}


def card(number):
    return {
        "id": f"b-{number}",
        "title": f"Card {number}",
        "dependencies": [f"b-{number - 1}"] if number % 10 != 1 else [],
        "files_allowed": [f"new/{number // 100}/{number}.txt"],
        "instructions": ["Write the file.", "Say in it what it is for, in one line."],
        "definition_of_done": ["it is there"],
        "verification": ["true"],
    }


def landed_of(cards, events):
    """The cards that are done: nine of ten, as far as the events reach."""
    return min(cards * 9 // 10, events // PER_LANDING)


def history(path, landed, commits):
    """Commits that change a file each; of them, evenly, one landing for each card that is done. Returns those."""
    start = sh("git", "rev-parse", "HEAD", cwd=path).decode().strip()
    blobs = {}
    for line in sh("git", "ls-tree", "HEAD:.harness/tasks", cwd=path).decode().splitlines():
        entry, name = line.split("\t")
        blobs[name.removesuffix(".md")] = entry.split()[2]
    marks = f"{path}/.git/marks"
    run = subprocess.Popen(["git", "fast-import", "--quiet", f"--export-marks={marks}"], cwd=path, stdin=subprocess.PIPE)
    done = 0
    for number in range(1, commits + 1):
        is_landing = done < landed * number // commits
        if is_landing:
            done += 1
            task, file = f"b-{done}", f"new/{done // 100}/{done}.txt"
            message = (
                f"Task {task}: Card {done}\n\n- A {file}\n- Verified with: true\n\nHarness-Task: {task}\nHarness-Attempt: 1\n"
                f"Harness-Card: {blobs[task]}\nHarness-Evidence: {'7' * 40} {'b' * 12} 1/1\nHarness-Ledger: w:{done} {'1' * 12}\n"
            )
        else:
            file, message = f"work/{number % 40}/{number % 1000}.txt", f"Work on {number}\n\nWhat it is for, in a line.\n"
        text = f"{number}\n"
        run.stdin.write(
            f"commit refs/heads/main\nmark :{done if is_landing else landed + number}\n"
            f"committer b <b@example.invalid> {1700000001 + number} +0000\ndata {len(message)}\n{message}"
            f"{f'from {start}' if number == 1 else ''}\nM 100644 inline {file}\ndata {len(text)}\n{text}\n".encode()
        )
    run.stdin.close()
    if run.wait():
        sys.exit("git fast-import failed")
    sh("git", "reset", "-q", "--hard", cwd=path)
    with open(marks) as lines:
        found = {int(mark[1:]): oid for mark, oid in (line.split() for line in lines)}
    os.remove(marks)
    return [(f"b-{number}", found[number], blobs[f"b-{number}"]) for number in range(1, landed + 1)]


def story(writer, number, task, commit, blob):
    """The rows of a task that landed at once."""
    attempt = f"{writer}-{number}"
    of = {"task": task, "attempt": attempt}
    base, tree = "4" * 40, "d" * 40
    change = {"path": f"new/{number // 100}/{number}.txt", "old": None, "new": {"mode": "100644", "blob": "0" * 39 + "1"}}
    yield "dispatched", of | {
        "place": {"number": 1, "round": 1, "in_round": 1},
        "mode": "unattended",
        "author": {"kind": "builder", "name": "r"},
        "model": None,
        "base": base,
        "card": blob,
        "packet": "c" * 64,
        "from_tree": None,
    }
    yield "builder_finished", of | {"answer": "3" * 64, "summary": [], "notes": [], "usage": None, "millis": 2, "estimated": 390}
    yield "harvested", of | {
        "tree": tree,
        "changes": [change],
        "dropped": [],
        "reading": {"formats": ["whole"], "level": "exact", "edits": 0},
    }
    yield "verified", of | {"evidence": EVIDENCE}
    yield "accepted", of | {
        "tree": tree,
        "parent": base,
        "card": blob,
        "evidence": EVIDENCE,
        "approved_by": [],
        "self_approved": False,
        "commit_seconds": 1700000000,
    }
    yield "land_intended", of | {"commit": commit, "target": "main", "old": base}
    yield "landed", of | {"commit": commit, "target": "main"}


def happened(writer, landings, cards, events):
    """Every event: the landings' stories, with notes in between."""
    notes, told = events - len(landings) * PER_LANDING, 0
    note = {"by": {"kind": "builder", "name": "r"}, "text": "a note of the usual length"}
    for number, (task, commit, blob) in enumerate(landings, 1):
        yield from story(writer, number, task, commit, blob)
        while told < notes * number // len(landings):
            told += 1
            yield "noted", {"task": f"b-{told * cards // (notes + 1) + 1}"} | note


def journal(path, landings, cards, events):
    """Writes the events behind what the journal has, in closed segments and one that is open."""
    root = f"{path}/.git/harness/journal"
    (writer,) = os.listdir(root)
    folder = f"{root}/{writer}"
    segment = max(int(name[:6]) for name in os.listdir(folder) if name.endswith(".jsonl"))
    with open(f"{folder}/{segment:06}.jsonl", "rb") as lines:
        last = json.loads(lines.read().splitlines()[-1])
    seq, at, prev, size = last["seq"], last["at"], last["hash"], SEGMENT
    out = None
    for event, data in happened(writer, landings, cards, events):
        if size >= SEGMENT:
            segment, size = segment + 1, 0
            if out:
                out.close()
            out = open(f"{folder}/{segment:06}.jsonl", "wb")
        seq, at = seq + 1, at + 1
        row = {"v": 1, "writer": writer, "seq": seq, "at": at, "time": TIME, "event": event, "data": data, "prev": prev}
        body = json.dumps(row, separators=(",", ":"))[:-1].encode()
        prev = blake3(body).hexdigest()
        line = body + b',"hash":"' + prev.encode() + b'"}\n'
        out.write(line)
        size += len(line)
    out.close()


def grow(binary, path, cards, events, commits):
    """Fills a repository that has a commit. Returns how many seconds the import of its plan took."""
    with open(f"{path}/.git/plan.json", "w") as out:
        json.dump([card(number) for number in range(1, cards + 1)], out)
    start = time.perf_counter()
    sh(binary, "plan", "import", "--commit", f"{path}/.git/plan.json", cwd=path)
    spent = time.perf_counter() - start
    landings = history(path, landed_of(cards, events), commits)
    journal(path, landings, cards, events)
    return spent
