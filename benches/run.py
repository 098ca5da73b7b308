"""The figures of git-harness; see run.sh."""

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time

BIN, WORK = sys.argv[1:3]
TASKS = int(os.environ.get("TASKS", 200))
CARDS = int(os.environ.get("CARDS", 10000))
EVENTS = int(os.environ.get("EVENTS", 50000))
COMMITS = int(os.environ.get("COMMITS", 100000))
ROUNDS = int(os.environ.get("ROUNDS", 25))
SIZES = [int(size) for size in os.environ.get("SIZES", "1000 100000").split()]


def sh(*args, cwd=None, stdin=None):
    return subprocess.run(args, cwd=cwd, input=stdin, check=True, capture_output=True).stdout


def timed(args, cwd, env=None):
    start = time.perf_counter()
    done = subprocess.run(args, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode not in (0, 3):
        sys.exit(f"{args} failed: {done.stderr.decode()}")
    return (time.perf_counter() - start) * 1e3


def peak_mib(args, cwd):
    """Peak memory of one run, from a child that measures its own child."""
    code = (
        "import resource,subprocess,sys;"
        "subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    return int(sh(sys.executable, "-c", code, *args, cwd=cwd)) / 1024


def repository(name, files):
    path = f"{WORK}/{name}"
    sh("rm", "-rf", path)
    sh("git", "init", "-q", path)
    stream = [b"blob\nmark :1\ndata 12\nhello world\n\ncommit refs/heads/main\ncommitter b <b@x> 1700000000 +0000\ndata 4\nbase\n"]
    for number in range(files):
        folder = number // 50
        stream.append(b"M 100644 :1 d%04d/e%02d/file_%07d.txt\n" % (folder // 50, folder % 50, number))
    sh("git", "fast-import", "--quiet", cwd=path, stdin=b"".join(stream) + b"\n")
    sh("git", "reset", "-q", "--hard", cwd=path)
    return path


def card(number, after):
    dependencies = [f"b-{number - 1}"] if after and number > 1 else []
    return {
        "id": f"b-{number}",
        "title": f"Card {number}",
        "dependencies": dependencies,
        "files_allowed": [f"new/{number}.txt"],
        "definition_of_done": ["it is there"],
        "verification": ["true"],
    }


def import_plan(path, cards):
    with open(f"{WORK}/plan.json", "w") as out:
        json.dump(cards, out)
    sh(BIN, "plan", "import", "--commit", f"{WORK}/plan.json", cwd=path)


def per_task():
    path = repository("tasks", 1000)
    answers = f"{WORK}/answers"
    for number in range(1, TASKS + 1):
        os.makedirs(f"{answers}/b-{number}", exist_ok=True)
        with open(f"{answers}/b-{number}/1.md", "w") as out:
            out.write(f"new/{number}.txt\n```\n{number}\n```\n")
    os.makedirs(f"{path}/.harness", exist_ok=True)
    with open(f"{path}/.harness/config.toml", "w") as out:
        out.write(f'[roles]\nbuilder = "r"\n[builders.r]\nkind = "replay"\ndir = "{answers}"\n')
    sh("git", "add", "-A", cwd=path)
    sh("git", "commit", "-qm", "configure", cwd=path)
    import_plan(path, [card(number, True) for number in range(1, TASKS + 1)])
    start = time.perf_counter()
    sh(BIN, "run", cwd=path)
    spent = (time.perf_counter() - start) * 1e3
    print(f"contractor's time per task, {TASKS} tasks, 1k files: {spent / TASKS:.1f} ms")


def at_size(cards, events, commits):
    path = repository(f"size-{cards}", 100)
    stream = []
    for number in range(commits):
        stream.append(b"commit refs/heads/main\ncommitter b <b@x> %d +0000\ndata 7\nwork %02d" % (1700000001 + number, number % 100))
        stream.append(b"\nfrom refs/heads/main^0\n" if number == 0 else b"\n")
    sh("git", "fast-import", "--quiet", cwd=path, stdin=b"".join(stream))
    sh("git", "reset", "-q", "--hard", cwd=path)
    import_plan(path, [card(number, False) for number in range(1, cards + 1)])
    # Real rows, by the real program, would take long: one is written and the rest are made like it, hashes and all.
    sh(sys.executable, "benches/rows.py", f"{path}/.git/harness", str(events))
    for args in (["status", "--json"], ["next", "--peek"]):
        timed([BIN, *args], path)
        warm = [timed([BIN, *args], path) for _ in range(9)]
        memory = peak_mib([BIN, *args], path)
        print(
            f"{' '.join(args)}, {cards} cards, {events} events, {commits} commits, warm: "
            f"{statistics.median(warm):.1f} ms, {memory:.0f} MiB"
        )


def hooks():
    slots = ["pre-commit", "prepare-commit-msg", "commit-msg"]
    for size in SIZES:
        path = repository(f"hooks-{size}", size)
        import_plan(path, [card(1, False)])
        sh(BIN, "hooks", "install", cwd=path)
        sh("cp", "-r", f"{path}/.git/hooks", f"{WORK}/ours-{size}")
        for name, body in (("none", None), ("empty", "#!/bin/sh\nexit 0\n")):
            os.makedirs(f"{WORK}/{name}-{size}", exist_ok=True)
            for slot in slots if body else []:
                with open(f"{WORK}/{name}-{size}/{slot}", "w") as out:
                    out.write(body)
                os.chmod(f"{WORK}/{name}-{size}/{slot}", 0o755)
        for state in ("no task open", "task open, evidence cached"):
            if state != "no task open":
                sh(BIN, "start", "b-1", cwd=path)
            base = sh("git", "rev-parse", "HEAD", cwd=path).decode().strip()
            results = {name: [] for name in ("none", "empty", "ours")}
            os.makedirs(f"{path}/new", exist_ok=True)
            for round_number in range(ROUNDS + 2):
                names = list(results)
                random.shuffle(names)
                for name in names:
                    # The same change each time, so that its evidence is known after the first round.
                    with open(f"{path}/new/1.txt", "w") as out:
                        out.write("change\n")
                    sh("git", "add", "-A", cwd=path)
                    args = ["git", "-c", f"core.hooksPath={WORK}/{name}-{size}", "commit", "-q", "-m", "m"]
                    spent = timed(args, path)
                    if round_number >= 2:
                        results[name].append(spent)
                    sh("git", "reset", "-q", "--soft", base, cwd=path)
                    sh("git", "reset", "-q", "--", "new", cwd=path)
            ratio = statistics.median(a / b for a, b in zip(results["ours"], results["empty"]))
            to_none = statistics.median(a / b for a, b in zip(results["ours"], results["none"]))
            medians = ", ".join(f"{name} {statistics.median(values):.1f} ms" for name, values in results.items())
            print(f"one-file commit, {size} files, {state}: {medians}; {ratio:.2f} x empty hooks, {to_none:.2f} x no hooks")


def start_up():
    ours, true = [], []
    for _ in range(40):
        ours.append(timed([BIN, "--version"], "/"))
        true.append(timed(["/bin/true"], "/"))
    print(f"start-up: {statistics.median(ours):.2f} ms; /bin/true {statistics.median(true):.2f} ms")


start_up()
per_task()
at_size(100, EVENTS // 100, COMMITS // 100)
at_size(CARDS, EVENTS, COMMITS)
hooks()
