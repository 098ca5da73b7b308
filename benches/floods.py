"""Floods: what a Builder or a check prints, leaves, makes or deletes without end, in every tier of the fence. How long the
attempt took beyond a calm one, the time limit and the Builder's own time, how large the harness was, and what the journal gained. By itself: `floods.py
BINARY [WORK]`; FLOODS names some (`endless,sparse,ignored`), MANY says how many files (200000)."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from bench import PEAK, Table, sh

MANY = int(os.environ.get("MANY", 200_000))
# Seconds that a check may take, and that the harness may need to end what does not end.
LIMIT, GRACE, MIB = 2, 3, 100
# By what a machine lacks.
TIERS = {"overlay": "", "landlock": "overlay", "shadow": "overlay,shadow+landlock"}

# In the language that is there wherever this runs: a loop of `sh` would measure the shell.
MAKE = "python3 -c 'import os,sys\nfor n in range(int(sys.argv[2])):\n d=f\"{sys.argv[1]}/{n//1000}\"\n " \
    "n%1000 or os.makedirs(d)\n open(f\"{d}/{n}\",\"w\").close()'"

# What each does: the Builder, the check, whether the check runs into its limit, and the files of the repository.
FLOODS = {
    "endless": ("echo y > src/a.txt", "trap '' TERM INT HUP; exec yes", True, 0),
    "errors": ("echo y > src/a.txt", "trap '' TERM; cat /dev/zero >&2", True, 0),
    "sparse": ("truncate -s 60G src/huge; truncate -s 60G out; echo y > src/a.txt", "true", False, 0),
    "ignored": (f"{MAKE} out {MANY}; echo y > src/a.txt", "true", False, 0),
    "outside": (f"{MAKE} other {MANY}; echo y > src/a.txt", "true", False, 0),
    "in-scope": (f"{MAKE} src {MANY}", "true", False, 0),
    "deleted": ("rm -rf kept; echo y > src/a.txt", "true", False, MANY // 2),
}


def world(program, root, check, files):
    repo, home = f"{root}/repo", f"{root}/home"
    os.makedirs(f"{repo}/src")
    os.makedirs(home)
    with open(f"{home}/.gitconfig", "w") as out:
        out.write("[user]\n name = Ann\n email = ann@example.invalid\n")
    for number in range(files):
        folder = f"{repo}/kept/{number // 1000}"
        if number % 1000 == 0:
            os.makedirs(folder)
        open(f"{folder}/{number}", "w").close()
    for name, text in {"src/a.txt": "x\n", ".gitignore": "/out\n"}.items():
        with open(f"{repo}/{name}", "w") as out:
            out.write(text)
    cards = [
        {
            "id": task, "title": "Do it", "files_allowed": ["src/**"], "instructions": "Do it", "definition_of_done": ["done"],
            "verification": [{"name": "noisy", "run": run, "timeout": f"{LIMIT}s"}],
        }
        for task, run in {"calm": "true", "flood": check}.items()
    ]
    with open(f"{root}/plan.json", "w") as out:
        json.dump(cards, out)
    sh("git", "init", "-q", "-b", "main", repo)
    sh("git", "add", "-A", cwd=repo)
    sh("git", "commit", "-qm", "Begin", cwd=repo)
    sh(program, "plan", "import", "--commit", f"{root}/plan.json", cwd=repo)
    return repo


def journal(repo):
    places = (os.path.join(dir, name) for dir, _, names in os.walk(f"{repo}/.git/harness") for name in names)
    return sum(os.path.getsize(place) for place in places if "journal" in place or place.endswith(".jsonl"))


def exec_(program, repo, task, builder):
    """Seconds and MiB of one attempt."""
    start = time.monotonic()
    peak = int(sh(sys.executable, "-ISc", PEAK, program, "exec", task, "--", "sh", "-c", builder, cwd=repo)) / 1024
    return time.monotonic() - start, peak


def builder_alone(work, flood, files):
    """What the Builder's own script takes: it is no time of ours."""
    root = f"{work}/alone"
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(f"{root}/src")
    for folder in range(files // 1000):
        shutil.copytree(f"{work}/w/repo/kept/{folder}", f"{root}/kept/{folder}")
    start = time.monotonic()
    subprocess.run(["sh", "-c", flood], cwd=root)
    spent = time.monotonic() - start
    shutil.rmtree(root)
    return spent


def rows(table, program, work):
    usual = dict(os.environ)
    names = os.environ.get("FLOODS", ",".join(FLOODS)).split(",")
    for name in names:
        builder, check, is_limited, files = FLOODS[name]
        for tier, without in TIERS.items():
            root = f"{work}/w"
            os.environ.update({
                "HOME": f"{root}/home", "XDG_CACHE_HOME": f"{root}/cache", "XDG_CONFIG_HOME": f"{root}/config",
                "GIT_HARNESS_FENCE_WITHOUT": without, "GIT_CONFIG_NOSYSTEM": "1",
            })
            repo = world(program, root, check, files)
            sh(program, "trust", cwd=repo)
            # The first attempt tries the fence and makes the copies; the second one is what an attempt takes anyhow.
            for _ in range(2):
                calm = exec_(program, repo, "calm", "date +%N > src/calm.txt; exit 3")[0]
            own, before = builder_alone(work, builder, files), journal(repo)
            spent, peak = exec_(program, repo, "flood", builder)
            spent -= calm + own + (LIMIT if is_limited else 0)
            grown = (journal(repo) - before) / 1024
            state = json.loads(sh(program, "status", "--json", cwd=repo))["targets"][0]["tasks"]
            state = next(task["state"] for task in state if task["id"] == "flood")
            what = f"flood: {name}, {tier}"
            table.most(f"{what}: time beyond what is its own", spent, GRACE, "s")
            table.most(f"{what}: memory of the harness", peak, MIB, "MiB")
            table.most(f"{what}: the journal gained", grown, 512, "KiB")
            table.add(f"{what}: state", state)
            shutil.rmtree(root)
    os.environ.clear()
    os.environ.update(usual)


if __name__ == "__main__":
    table = Table()
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if sys.argv[2:] else None) as work:
        rows(table, os.path.abspath(sys.argv[1]), work)
    table.print()
