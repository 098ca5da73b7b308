#!/usr/bin/env python3
"""Sixteen clones ask one server for the next of a hundred cards at the same moment, again and again.

    claims.py BIN --server file|daemon|http|nginx|lighttpd [--rounds N] [--cards N] [--processes N] [--work DIR]

Each round is `next --remote origin` in all of them at once, then `release`. A round is good if everybody has a card that nobody
else has, what is claimed on the server is exactly what was handed out, and nothing is left after the release. Prints what was
counted; ends with 1 if a round was not good.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from ground import Ground, git, harness
from servers import Served


def everywhere(options, places, words):
    """The same command in all clones at once: exit codes, and what was said."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    runs = [subprocess.Popen([options.bin, *words(place)], cwd=place, **pipes) for place in places]
    said = [run.communicate()[0] for run in runs]
    return [(run.returncode, text) for run, text in zip(runs, said)]


def open_card(place):
    """The card that somebody was handed."""
    with open(os.path.join(git(place, "rev-parse", "--absolute-git-dir"), "harness", "open")) as file:
        return file.read().strip()


def claimed(bare):
    return git(bare, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/harness/claims").split()


def play(options, bare, places):
    """One round: how many were handed a card, how many of these were not alone with it, and what else is wrong."""
    wrong, cards = [], []
    for place, (code, text) in zip(places, everywhere(options, places, lambda _: ["next", "--remote", "origin"])):
        if code == 0:
            cards.append((place, open_card(place)))
        else:
            wrong.append(f"next in {place}: {code}: {text}")
    names = [card for _, card in cards]
    doubles = len(names) - len(set(names))
    if doubles:
        wrong.append(f"handed out twice: {sorted(names)}")
    there = claimed(bare)
    if sorted(names) != sorted(there):
        wrong.append(f"handed out {sorted(names)}, claimed {sorted(there)}")
    mine = dict(cards)
    for place, (code, text) in zip(mine, everywhere(options, mine, lambda at: ["release", mine[at], "--remote", "origin"])):
        if code:
            wrong.append(f"release in {place}: {code}: {text}")
    if left := claimed(bare):
        wrong.append(f"claims are left: {left}")
    return len(names), doubles, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("--server", choices=["file", "daemon", "http", "nginx", "lighttpd"], default="file")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--cards", type=int, default=100)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--lease", type=int, default=600)
    parser.add_argument("--work", help="where its folder is made")
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    place = tempfile.mkdtemp(prefix="claims-", dir=options.work and os.path.abspath(options.work))
    ground = Ground(options, place)
    server = Served(options.server, place, f"{place}/server")
    begun, claims, doubles, bad = time.monotonic(), 0, 0, 0
    try:
        places = [f"{place}/clone-{number}" for number in range(options.processes)]
        for clone in places:
            git(place, "clone", "-q", server.address("plan.git"), clone)
            harness(options.bin, clone, "trust")
        for number in range(1, options.rounds + 1):
            given, twice, wrong = play(options, ground.bare, places)
            claims, doubles, bad = claims + given, doubles + twice, bad + bool(wrong)
            if wrong:
                print(json.dumps({"round": number, "server": options.server, "wrong": wrong}), flush=True)
    finally:
        pushes = (server.asked() or (0, 0))[1]
        server.close()
    seconds = round(time.monotonic() - begun, 1)
    total = {"rounds": options.rounds, "server": options.server, "good": options.rounds - bad, "bad": bad}
    total.update({"claims": claims, "double claims": doubles, "seconds": seconds})
    # Each claim is given back by one push; the other pushes tried to claim.
    if pushes:
        total["tries lost"] = pushes - 2 * claims
    print(json.dumps(total))
    if not bad:
        shutil.rmtree(place, ignore_errors=True)
    sys.exit(1 if bad else 0)


main()
