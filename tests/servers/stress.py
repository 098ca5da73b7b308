#!/usr/bin/env python3
"""Many processes, four clones, one server: no card is worked on by two at a time, and none lands twice.

    stress.py BIN --server file|daemon|http|nginx|lighttpd [--rounds N] [--cards N] [--clones N] [--processes N] [--kill]
              [--seed N] [--work DIR]

Each round serves the same plan anew, makes clones of it, and starts the processes at once, as many in each clone: `run
--remote origin --wait`. Builders report when they begin and end a card. With --kill one clone's processes are all killed
after a random number of cards, while a builder of theirs works, and the others have to take its claims over. A round is good
if every card has landed exactly once, no two builders were at work on one card at a time, no claim is left, the history is a
line, and git finds nothing wrong. Prints what was counted, of each round and of all; ends with 1 if one was not good.
"""
import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from ground import Ground, git, harness
from servers import Served

class Desk:
    """Where builders report: a line `card process`, open for as long as they work."""

    def __init__(self):
        self.lock = threading.Lock()
        self.at_work, self.began, self.doubles = {}, {}, []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                stream, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.attend, args=(stream,), daemon=True).start()

    def attend(self, stream):
        with stream, stream.makefile("rw") as file:
            card, _, who = file.readline().strip().partition(" ")
            with self.lock:
                if card in self.at_work:
                    self.doubles.append((card, self.at_work[card], who))
                self.at_work[card] = who
                self.began.setdefault(card, []).append(who)
            try:
                file.write("go on\n")
                file.flush()
                file.readline()
            except OSError:
                pass
            with self.lock:
                if self.at_work.get(card) == who:
                    del self.at_work[card]


def git(directory, *words, **more):
    done = subprocess.run(["git", *words], cwd=directory, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"git {' '.join(words)} in {directory}: {done.stderr}")
    return done.stdout.strip()


class Round:
    def __init__(self, ground, number):
        self.ground, self.options, self.cards = ground, ground.options, ground.cards
        self.place = f"{ground.place}/round-{number}"
        self.random = random.Random(f"{self.options.seed} {number}")
        self.desk = Desk()
        self.killed, self.kills = [], 0
        self.bare = f"{self.place}/served/work.git"
        os.makedirs(f"{self.place}/served")
        shutil.copytree(ground.bare, self.bare)
        # A cache for each round, as for each machine.
        os.environ["XDG_CACHE_HOME"] = f"{self.place}/cache"
        self.server = Served(self.options.server, f"{self.place}/served", f"{self.place}/server")
        with open(f"{self.place}/builder.sh", "w") as file:
            file.write(
                f"exec 3<>/dev/tcp/127.0.0.1/{self.desk.port} || exit 9\n"
                "echo \"$HARNESS_TASK $WHO\" >&3; read -r line <&3\n"
                "sleep 0.2\n"
                "echo \"$HARNESS_TASK by $1\" > \"$HARNESS_TASK.txt\"\n"
            )
        self.clones = [self.clone(number) for number in range(self.options.clones)]

    def clone(self, number):
        clone = f"{self.place}/clone-{number}"
        git(self.place, "clone", "-q", self.server.address("work.git"), clone)
        os.makedirs(f"{clone}/.git/harness", mode=0o700)
        with open(f"{clone}/.git/harness/config.toml", "w") as file:
            file.write(
                f'[roles]\nbuilder = "b"\n[builders.b]\nrun = ["bash", "{self.place}/builder.sh", "clone-{number}"]\n'
                'network = "open"\nenv = ["WHO"]\n'
            )
        harness(self.options.bin, clone, "trust")
        return clone

    def work(self):
        runs = []
        begun = time.monotonic()
        for number in range(self.options.processes):
            words = [self.options.bin, "run", "--remote", "origin", "--wait"]
            with open(f"{self.place}/run-{number}.log", "w") as log:
                where = {"cwd": self.clones[number % len(self.clones)], "env": {**os.environ, "WHO": str(number)}}
                runs.append(subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, **where))
        if self.options.kill:
            self.kill(runs)
        limit = begun + self.options.limit
        codes = []
        for run in runs:
            try:
                codes.append(run.wait(timeout=max(1, limit - time.monotonic())))
            except subprocess.TimeoutExpired:
                run.terminate()
                codes.append("too slow")
                run.wait()
        return time.monotonic() - begun, codes

    def kill(self, runs):
        """Kills every process of a clone while builders of it work, as when a machine loses its power."""
        after = self.random.randrange(len(self.cards) * 3 // 4)
        while True:
            with self.desk.lock:
                if len(self.desk.began) > after and self.desk.at_work:
                    machine = int(self.random.choice(sorted(self.desk.at_work.values()))) % len(self.clones)
                    mine = [run for number, run in enumerate(runs) if number % len(self.clones) == machine]
                    self.killed = sorted(
                        card for card, who in self.desk.at_work.items() if int(who) % len(self.clones) == machine
                    )
                    # Whoever reports while the lock is held is heard afterwards.
                    for run in mine:
                        run.kill()
                    self.kills = len(mine)
                    return
            if all(run.poll() is not None for run in runs):
                return
            time.sleep(0.01)

    def judge(self, seconds, codes):
        wrong = []
        log = git(self.bare, "log", "--format=%(trailers:key=Harness-Task,valueonly,separator=%x2C)", "main").split("\n")
        landed = sorted(line for line in log if line)
        twice = sorted({card for card in landed if landed.count(card) > 1})
        if twice:
            wrong.append(f"landed twice: {twice}")
        missing = sorted(set(self.cards) - set(landed))
        if missing:
            wrong.append(f"not landed: {missing}")
        if self.options.kill and not self.killed:
            wrong.append("nobody was killed at work")
        if self.killed and not any(len(self.desk.began[card]) > 1 for card in self.killed):
            wrong.append(f"nobody took any of {self.killed} over")
        if self.desk.doubles:
            wrong.append(f"worked on by two at a time: {self.desk.doubles}")
        claims = git(self.bare, "for-each-ref", "refs/harness/claims", "refs/harness/turns")
        if claims:
            wrong.append(f"claims are left: {claims}")
        if git(self.bare, "rev-list", "--merges", "--count", "main") != "0":
            wrong.append("the history is not a line")
        for card in set(landed):
            text = git(self.bare, "show", f"main:{card}.txt")
            if not text.startswith(f"{card} by "):
                wrong.append(f"{card}.txt holds {text!r}")
        fsck = subprocess.run(["git", "fsck", "--strict"], cwd=self.bare, capture_output=True, text=True)
        if fsck.returncode:
            wrong.append(f"git fsck: {fsck.stderr}")
        slow = [number for number, code in enumerate(codes) if code == "too slow"]
        if slow:
            wrong.append(f"too slow: {slow}")
        bad = {number: code for number, code in enumerate(codes) if code not in (0, 3, -9, "too slow")}
        if bad:
            wrong.append(f"ended otherwise than with 0 or 3: {bad}")
        lines = "".join(open(f"{self.place}/run-{number}.log").read() for number in range(self.options.processes))
        return {
            "seconds": round(seconds, 1),
            "claims": sum(len(who) for who in self.desk.began.values()),
            "double claims": len(self.desk.doubles),
            "landings": len(landed),
            "double landings": len(twice),
            "processes killed": self.kills,
            "cards at work then": len(self.killed),
            "claims taken over": lines.count("taken over: its claim"),
            "verified": lines.count("✓ grep"),
            "exchanges": sum(self.server.asked() or ()),
            "wrong": wrong,
        }

    def close(self):
        self.server.close()
        self.desk.listener.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("--server", choices=["file", "daemon", "http", "nginx", "lighttpd"], default="file")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--cards", type=int, default=100)
    parser.add_argument("--clones", type=int, default=4)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--lease", type=int, default=600)
    parser.add_argument("--limit", type=int, default=1800, help="seconds for a round")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--work", help="a folder outside of /tmp, which is empty inside of the fence")
    parser.add_argument("--keep", action="store_true", help="keep the folders of rounds")
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    place = tempfile.mkdtemp(prefix="stress-", dir=options.work and os.path.abspath(options.work))
    ground = Ground(options, place)
    total, bad = {}, 0
    for number in range(1, options.rounds + 1):
        one = Round(ground, number)
        try:
            found = one.judge(*one.work())
        finally:
            one.close()
        bad += bool(found["wrong"])
        print(json.dumps({"round": number, "server": options.server, **found}), flush=True)
        for name, count in found.items():
            if name != "wrong":
                total[name] = round(total.get(name, 0) + count, 1)
        if options.keep or found["wrong"]:
            print(f"kept: {one.place}", flush=True)
        else:
            shutil.rmtree(one.place, ignore_errors=True)
    if not (options.keep or bad):
        shutil.rmtree(place, ignore_errors=True)
    print(json.dumps({"rounds": options.rounds, "server": options.server, "good": options.rounds - bad, "bad": bad, **total}))
    sys.exit(1 if bad else 0)


main()
