"""What the fence costs: a spawn, and a build, inside against outside, interleaved. By itself: `fence.py BINARY`."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

BIN = os.path.abspath(sys.argv[1])
ROUNDS = int(os.environ.get("SPAWNS", 200))
BUILDS = int(os.environ.get("BUILDS", 5))


def cell(root):
    for name in ("tree", "upper", "work", "tmp"):
        os.makedirs(f"{root}/{name}", exist_ok=True)


def order(root, tier):
    confinement = {
        "overlays": [{"tree": f"{root}/tree", "upper": f"{root}/upper", "work": f"{root}/work"}],
        "writable": [f"{root}/tmp"],
        "shown": [BIN, os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))],
        "hidden": [os.path.expanduser("~/.ssh")],
        "network": "none",
        "runtime_dir": None,
    }
    where = {"tier": tier, "harness": os.getpid(), "dir": f"{root}/tree"}
    with open(f"{root}/report", "w") as out:
        json.dump(where | {"confinement": confinement}, out)
    return f"{root}/report"


def timed(args, root):
    start = time.perf_counter()
    done = subprocess.run(args, cwd=f"{root}/tree", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"{args[:2]} ended with {done.returncode}: {done.stderr.decode()}")
    return (time.perf_counter() - start) * 1e3


def spawns(root, table):
    results = {"none": [], "shadow": [], "shadow_landlock": [], "overlay": []}
    for _ in range(ROUNDS):
        for tier, values in results.items():
            inside = [BIN, "--inside-the-fence", order(root, tier)] if tier != "none" else []
            values.append(timed([*inside, "/bin/true"], root))
    base = statistics.median(results["none"])
    for tier, values in results.items():
        if tier == "overlay":
            table.most("one more program inside of the fence", statistics.median(values) - base, 5, "ms")
        elif tier != "none":
            table.add(f"the same, {tier}", f"{statistics.median(values) - base:.1f} ms")


def builds(root, table):
    os.makedirs(f"{root}/tree/src", exist_ok=True)
    with open(f"{root}/tree/Cargo.toml", "w") as out:
        out.write('[package]\nname = "built"\nversion = "0.1.0"\nedition = "2021"\n')
    with open(f"{root}/tree/src/lib.rs", "w") as out:
        out.write("".join(f"pub fn f{n}(x: u64) -> String {{ format!(\"{{}}\", x + {n}) }}\n" for n in range(4000)))
    for kind, script in (
        ("clean build", "rm -rf target && cargo build --offline -q"),
        ("rebuild", "echo >> src/lib.rs && cargo build --offline -q"),
        ("nothing to do", "cargo build --offline -q"),
    ):
        ratios, outside, inside = [], [], []
        for _ in range(BUILDS):
            a = timed(["sh", "-c", script], root)
            b = timed([BIN, "--inside-the-fence", order(root, "overlay"), "sh", "-c", script], root)
            outside.append(a)
            inside.append(b)
            ratios.append(b / a)
        table.most(f"{kind} inside of the fence, beside outside", statistics.median(ratios), 1.05, "x")


def rows(table):
    with tempfile.TemporaryDirectory(dir=os.environ.get("WORK", ".")) as root:
        root = os.path.realpath(root)
        cell(root)
        spawns(root, table)
        builds(root, table)


if __name__ == "__main__":
    from bench import Table

    table = Table()
    rows(table)
    table.print()
