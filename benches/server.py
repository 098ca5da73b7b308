#!/usr/bin/env python3
"""What one machine costs a Git server, and what of a landing is not the Builder's or the checks' time: the figures that
benches/fleet.py rests on.

    benches/server.py BIN [--servers daemon,lighttpd,http] [--refs 0,2000] [--cards 20]

One clone works on all cards by `run --remote origin`, with a Builder that writes a line and a check that reads it, beside so
many refs of others as a fleet has claims and journals. Processor time is what the kernel counted for the server's processes,
so that it holds on a busy machine; the quickest landing is the one that was disturbed least. Exchanges (fetches and pushes)
are counted by git daemon. (nginx is not measured: fcgiwrap keeps what git took for it from being counted.)
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, f"{ROOT}/tests/servers")
from ground import Ground, git, harness  # noqa: E402
from servers import Served, lacks  # noqa: E402

def refs_of_others(bare, count):
    """Claims and journals as a fleet leaves them: each a commit of its own on the empty tree."""
    lines = []
    for number in range(count):
        kind = "claims" if number % 2 else "ledger"
        name = f"other-{number:05}"
        said = (
            f'Claim {name}\n\nv = 1\nwhat = "{name}"\nwriter = "w{number:010}"\nholder = "h{number}"\nhost = "h"\n'
            f'nonce = "n{number}"\nlease_seconds = 600\n'
        )
        lines.append(
            f"commit refs/harness/{kind}/{name}\ncommitter A <a@example.invalid> {number} +0000\ndata {len(said)}\n{said}\n"
        )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=bare, input="".join(lines), text=True, check=True)


def measure(options, kind, refs, place):
    options.lease = 600
    ground = Ground(options, place)
    refs_of_others(ground.bare, refs)
    server = Served(kind, place, f"{place}/server")
    try:
        clone = f"{place}/clone"
        git(place, "clone", "-q", server.address("plan.git"), clone)
        os.makedirs(f"{clone}/.git/harness", mode=0o700)
        with open(f"{place}/builder.sh", "w") as file:
            file.write('echo "$HARNESS_TASK" > "$HARNESS_TASK.txt"\n')
        with open(f"{clone}/.git/harness/config.toml", "w") as file:
            file.write(f'[roles]\nbuilder = "b"\n[builders.b]\nrun = ["sh", "{place}/builder.sh"]\n')
        harness(options.bin, clone, "trust")
        # The first one brings what there is.
        harness(options.bin, clone, "run", "--remote", "origin", "--only", ground.cards[0])
        asked = server.asked()
        before, own, begun = server.seconds(), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        stamps, run = [begun], subprocess.Popen(
            [options.bin, "run", "--remote", "origin"], cwd=clone, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for line in run.stdout:
            if "landed on" in line:
                stamps.append(time.monotonic())
        if run.wait():
            sys.exit(f"the run ended with {run.returncode}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        landed = len(stamps) - 1
        assert landed == options.cards - 1, landed
        return {
            "landed": landed,
            "exchanges": asked and (sum(server.asked()) - sum(asked)) / landed,
            "server": 1000 * (server.seconds() - before) / landed,
            "client": 1000 * (after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime) / landed,
            "quickest": 1000 * min(two - one for one, two in zip(stamps[1:], stamps[2:])),
        }
    finally:
        server.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("--servers", default="daemon,lighttpd,http")
    parser.add_argument("--refs", default="0,2000")
    parser.add_argument("--cards", type=int, default=20)
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    work = f"{ROOT}/target/servers"
    os.makedirs(work, exist_ok=True)
    print(f"{'server':<10} {'refs of others':>14} {'exchanges':>10} {'server ms':>10} {'server ms':>12} {'client ms':>10} {'quickest ms':>12}")
    print(f"{'':<10} {'':>14} {'/landing':>10} {'/landing':>10} {'/exchange':>12} {'/landing':>10} {'/landing':>12}")
    exchanges = {}
    for kind in options.servers.split(","):
        if lack := lacks(kind):
            print(f"{kind:<10} there is no {lack} here")
            continue
        for refs in map(int, options.refs.split(",")):
            with tempfile.TemporaryDirectory(prefix="server-", dir=work) as place:
                found = measure(options, kind, refs, place)
            # The others are asked as often; daemon alone tells how often.
            count = exchanges.setdefault(refs, found["exchanges"])
            each = f"{found['server'] / count:>12.1f}" if count else f"{'?':>12}"
            shown = f"{count:>10.1f}" if count else f"{'?':>10}"
            print(
                f"{kind:<10} {refs:>14} {shown} {found['server']:>10.1f} {each} {found['client']:>10.0f} {found['quickest']:>12.0f}",
                flush=True,
            )


main()
