"""The audit of a range at the strength `scope`, beside git's own listing of it."""

import size
from bench import in_turn, peak_mib, ratio, repository, timed
import statistics

LISTING = ["git", "log", "--raw", "-r", "-m", "--root", "--no-renames", "--format=%(trailers)"]


def rows(table, binary, work, commits, rounds):
    """Half of the commits land a card; none says anything of its checks that a journal would have to know."""
    path = repository(f"{work}/audit-{commits}", 1000)
    cards = min(commits // 2, 5000)
    size.grow(binary, path, cards, cards * size.PER_LANDING, commits)
    start = size.sh("git", "rev-list", "--max-parents=0", "HEAD", cwd=path).decode().strip()
    ours = [binary, "audit", "--strength", "scope", f"{start}..HEAD"]
    sides = {
        "ours": lambda: timed(ours, path, ok=(0, 1)),
        "listing": lambda: timed([*LISTING, f"{start}..HEAD"], path),
    }
    spent = in_turn(sides, rounds, 1)
    what = f"audit, strength scope, {commits:,} commits"
    table.most(f"{what}, beside git log --raw", ratio(spent["ours"], spent["listing"]), 2, "x")
    table.add(what, f"{statistics.median(spent['ours']):.0f} ms, {peak_mib(ours, path):.0f} MiB")
