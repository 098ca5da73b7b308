"""`status` and `next --peek` by the size of plan, journal and history, beside `git status` there: warm, after twenty new
commits, and from nothing."""

import shutil
import statistics

import size
from bench import in_turn, peak_mib, ratio, repository, sh, timed

COMMANDS = (["status"], ["status", "--json"], ["next", "--peek"])
OTHERS = (["show", "b-50"], ["log", "-n", "20"])
FIRST = (10_000, 50_000, 100_000)
BESIDE = ["git", "status", "--porcelain"]
# How much of what git needs to say what has changed a command may need to say what is to be done.
WANTED = {"status": 0.6, "status --json": 0.6, "next --peek": 0.4}


def twenty_commits(path, number):
    """Twenty commits that say nothing of tasks."""
    stream = []
    for step in range(20):
        seconds = 1800000000 + number * 20 + step
        stream.append(f"commit refs/heads/main\ncommitter b <b@example.invalid> {seconds} +0000\ndata 4\nwork\n")
        stream.append("from refs/heads/main^0\n" if step == 0 else "")
        stream.append(f"M 100644 inline work/0/late.txt\ndata <<E\n{number} {step}\nE\n\n")
    sh("git", "fast-import", "--quiet", cwd=path, stdin="".join(stream).encode())


def rows(table, binary, work, shape, rounds):
    cards, events, commits = shape
    path = repository(f"{work}/size-{cards}", 100)
    spent = size.grow(binary, path, cards, events, commits)
    of = f"{cards:,} cards, {events:,} events, {commits:,} commits"
    is_wanted = shape == FIRST
    table.add(f"plan import of {cards:,} cards", f"{spent:.1f} s")
    shutil.rmtree(f"{path}/.git/harness/cache", ignore_errors=True)
    cold = timed([binary, "status"], path)
    shutil.rmtree(f"{path}/.git/harness/cache", ignore_errors=True)
    table.add(f"status from nothing, {of}", f"{cold:.0f} ms, {peak_mib([binary, 'status'], path):.0f} MiB")
    sides = {" ".join(args): lambda args=args: timed([binary, *args], path) for args in COMMANDS + OTHERS}
    sides["git"] = lambda: timed(BESIDE, path)
    taken = in_turn(sides, rounds)
    warm = {name: statistics.median(values) for name, values in taken.items()}
    for args in COMMANDS + OTHERS:
        name = " ".join(args)
        memory = peak_mib([binary, *args], path)
        if is_wanted and args in COMMANDS:
            table.most(f"{name}, {of}, warm, beside git status", ratio(taken[name], taken["git"]), WANTED[name], "x")
            table.most(f"{name}, {of}, memory", memory, 60, "MiB")
        else:
            table.add(f"{name}, {of}, warm", f"{warm[name]:.1f} ms, {memory:.0f} MiB")
    for args in COMMANDS:
        name, later, git = " ".join(args), [], []
        for number in range(max(3, rounds // 3)):
            twenty_commits(path, number)
            later.append(timed([binary, *args], path))
            git.append(timed(BESIDE, path))
        if is_wanted:
            table.most(f"{name} after 20 new commits, beside git status", ratio(later, git), WANTED[name], "x")
        else:
            table.add(f"{name} after 20 new commits, {of}", f"{statistics.median(later):.1f} ms")
    return path
