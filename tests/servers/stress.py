#!/usr/bin/env python3
"""Many processes, four clones, one server: no card is worked on by two at a time, and none lands twice.

    stress.py BIN --server file|daemon|http [--rounds N] [--cards N] [--clones N] [--processes N] [--kill] [--work DIR]

Each round makes a server and clones of it, and starts the processes at once, as many in each clone: `run --remote origin
--wait`. Builders report when they begin and end a card. With --kill one clone's processes are all killed while a builder of
theirs works, and the others have to take its claims over. A round is good if every card has landed exactly once, no two
builders were at work on one card at a time, no claim is left, the history is a line, and git finds nothing wrong. Prints
what was counted; ends with 1 if a round was not good.
"""
import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))


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
    def __init__(self, options, place):
        self.options, self.place, self.desk = options, place, Desk()
        self.server_process = None
        for name in ["home", "plan", "served"]:
            os.makedirs(f"{place}/{name}")
        with open(f"{place}/home/.gitconfig", "w") as file:
            file.write("[user]\n\tname = Ann\n\temail = ann@example.invalid\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n")
        with open(f"{place}/builder.sh", "w") as file:
            file.write(
                f"exec 3<>/dev/tcp/127.0.0.1/{self.desk.port} || exit 9\n"
                "echo \"$HARNESS_TASK $WHO\" >&3; read -r line <&3\n"
                "sleep 0.2\n"
                "echo \"$HARNESS_TASK by $1\" > \"$HARNESS_TASK.txt\"\n"
            )
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": f"{place}/home",
            "XDG_CACHE_HOME": f"{place}/cache",
            "XDG_CONFIG_HOME": f"{place}/config",
            "GIT_CONFIG_NOSYSTEM": "1",
            "NO_COLOR": "1",
        }
        os.environ.update(self.environment)
        self.cards = [f"card-{number:03}" for number in range(options.cards)]

    def harness(self, directory, *words):
        done = subprocess.run([self.options.bin, *words], cwd=directory, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(words)}: {done.stdout}{done.stderr}")

    def prepare(self):
        plan = f"{self.place}/plan"
        git(plan, "init", "-q", "-b", "main")
        os.makedirs(f"{plan}/.harness")
        with open(f"{plan}/.harness/config.toml", "w") as file:
            file.write(f"[remote]\nlease = {self.options.lease}\n")
        git(plan, "add", "-A")
        git(plan, "commit", "-qm", "Begin")
        cards = [
            {
                "id": card, "title": f"Write {card}", "files_allowed": [f"{card}.txt"],
                "definition_of_done": ["it is there"], "verification": [f"grep -q {card} {card}.txt"],
            }
            for card in self.cards
        ]
        with open(f"{self.place}/plan.json", "w") as file:
            json.dump(cards, file)
        self.harness(plan, "plan", "import", "--commit", f"{self.place}/plan.json")
        bare = f"{self.place}/served/work.git"
        git(self.place, "init", "-q", "--bare", bare)
        for key, value in [("http.receivepack", "true"), ("daemon.receivepack", "true"), ("gc.auto", "0")]:
            git(bare, "config", key, value)
        git(plan, "push", "-q", bare, "main")
        self.bare = bare
        address = self.serve()
        self.clones = []
        for number in range(self.options.clones):
            clone = f"{self.place}/clone-{number}"
            git(self.place, "clone", "-q", address, clone)
            os.makedirs(f"{clone}/.git/harness", mode=0o700)
            with open(f"{clone}/.git/harness/config.toml", "w") as file:
                file.write(
                    f'[roles]\nbuilder = "b"\n[builders.b]\nrun = ["bash", "{self.place}/builder.sh", "clone-{number}"]\nnetwork = "open"\nenv = ["WHO"]\n'
                )
            self.harness(clone, "trust")
            self.clones.append(clone)

    def serve(self):
        served = f"{self.place}/served"
        if self.options.server == "file":
            return self.bare
        if self.options.server == "daemon":
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            words = ["git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", f"--base-path={served}",
                     "--export-all", "--enable=receive-pack", "--max-connections=0"]
            self.server_process = subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL)
            address = f"git://127.0.0.1:{port}/work.git"
        else:
            note = f"{self.place}/port"
            words = [sys.executable, f"{HERE}/smart_http.py", served, note]
            self.server_process = subprocess.Popen(words, start_new_session=True)
            while not (os.path.exists(note) and os.path.getsize(note)):
                time.sleep(0.05)
            with open(note) as file:
                address = f"http://127.0.0.1:{file.read()}/work.git"
        while subprocess.run(["git", "ls-remote", address], capture_output=True).returncode:
            time.sleep(0.05)
        return address

    def work(self):
        logs, runs = [], []
        begun = time.monotonic()
        for number in range(self.options.processes):
            clone = self.clones[number % len(self.clones)]
            log = open(f"{self.place}/run-{number}.log", "w")
            logs.append(log)
            words = [self.options.bin, "run", "--remote", "origin", "--wait"]
            who = {**os.environ, "WHO": str(number)}
            runs.append(subprocess.Popen(words, cwd=clone, stdout=log, stderr=subprocess.STDOUT, env=who))
        killed = self.kill(runs) if self.options.kill else None
        limit = begun + self.options.limit
        codes = []
        for number, run in enumerate(runs):
            try:
                codes.append(run.wait(timeout=max(1, limit - time.monotonic())))
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGINT)
                codes.append("too slow")
                run.wait()
        for log in logs:
            log.close()
        return time.monotonic() - begun, codes, killed

    def kill(self, runs):
        """Kills every process of a clone one of whose builders works, as a machine that loses its power."""
        while not self.desk.at_work:
            time.sleep(0.02)
        card, who = next(iter(self.desk.at_work.items()))
        machine = int(who) % len(self.clones)
        for number, run in enumerate(runs):
            if number % len(self.clones) == machine:
                run.kill()
        return card

    def judge(self, seconds, codes, killed):
        wrong = []
        log = git(self.bare, "log", "--format=%(trailers:key=Harness-Task,valueonly,separator=%x2C)", "main").split("\n")
        landed = sorted(line for line in log if line)
        twice = sorted({card for card in landed if landed.count(card) > 1})
        if twice:
            wrong.append(f"landed twice: {twice}")
        missing = sorted(set(self.cards) - set(landed))
        if missing:
            wrong.append(f"not landed: {missing}")
        if killed and len(self.desk.began.get(killed, [])) < 2 and killed not in landed:
            wrong.append(f"nobody took {killed} over")
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
        again = {card: who for card, who in self.desk.began.items() if len(who) > 1}
        lines = "".join(open(f"{self.place}/run-{number}.log").read() for number in range(self.options.processes))
        return {
            "seconds": round(seconds, 1),
            "cards": len(landed),
            "landings/s": round(len(landed) / seconds, 2),
            "double claims": len(self.desk.doubles),
            "double landings": len(twice),
            "built again": len(again),
            "verified/landing": round(lines.count("✓ grep") / max(1, len(landed)), 2),
            "taken over": lines.count("taken over: its claim"),
            "odd exits": bad,
            "killed at": killed,
            "wrong": wrong,
        }

    def close(self):
        if self.server_process:
            os.killpg(self.server_process.pid, signal.SIGTERM)
            self.server_process.wait()
        self.desk.listener.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("--server", choices=["file", "daemon", "http"], default="file")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--cards", type=int, default=100)
    parser.add_argument("--clones", type=int, default=4)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--lease", type=int, default=600)
    parser.add_argument("--limit", type=int, default=1800, help="seconds for a round")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--work", help="a folder outside of /tmp, which is empty inside of the fence")
    parser.add_argument("--keep", action="store_true", help="keep the folders of rounds")
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    bad = 0
    for number in range(options.rounds):
        place = tempfile.mkdtemp(prefix="stress-", dir=options.work and os.path.abspath(options.work))
        one = Round(options, place)
        try:
            one.prepare()
            found = one.judge(*one.work())
        finally:
            one.close()
        bad += bool(found["wrong"])
        print(json.dumps({"round": number + 1, "server": options.server, **found}), flush=True)
        if options.keep or found["wrong"]:
            print(f"kept: {place}", flush=True)
        else:
            shutil.rmtree(place, ignore_errors=True)
    print(f"{options.rounds} rounds over {options.server}: {options.rounds - bad} good, {bad} bad")
    sys.exit(1 if bad else 0)


main()
