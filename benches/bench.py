"""What the benchmarks share: repositories, time and memory of a program, sides taken in turn, and the table."""

import os
import random
import statistics
import subprocess
import sys
import time

# A measuring parent that is as small as Python gets: the peak of a child counts from the parent that it was made of.
PEAK = (
    "import os,resource,sys;"
    "n=os.open('/dev/null',os.O_RDWR);"
    "p=os.posix_spawnp(sys.argv[1],sys.argv[1:],os.environ,file_actions=[(os.POSIX_SPAWN_DUP2,n,f) for f in (0,1,2)]);"
    "os.waitpid(p,0);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def sh(*args, cwd=None, stdin=None):
    done = subprocess.run(args, cwd=cwd, input=stdin, capture_output=True)
    if done.returncode:
        sys.exit(f"{args} failed: {done.stderr.decode()[:2000]}{done.stdout.decode()[:2000]}")
    return done.stdout


def timed(args, cwd, ok=(0, 3)):
    """Milliseconds of one run; 3 says that nothing is ready, which is an answer."""
    start = time.perf_counter()
    done = subprocess.run(args, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    spent = (time.perf_counter() - start) * 1e3
    if done.returncode not in ok:
        sys.exit(f"{args} failed: {done.stderr.decode()[:2000]}")
    return spent


def peak_mib(args, cwd):
    """Peak memory of one run, git's included."""
    return int(sh(sys.executable, "-ISc", PEAK, *args, cwd=cwd)) / 1024


def in_turn(sides, rounds, unmeasured=2):
    """What each side took in every round, the sides shuffled anew each time: noise hits all of them alike."""
    spent = {name: [] for name in sides}
    for number in range(rounds + unmeasured):
        for name in random.sample(list(sides), len(sides)):
            took = sides[name]()
            if number >= unmeasured:
                spent[name].append(took)
    return spent


def ratio(ours, theirs):
    return statistics.median(one / other for one, other in zip(ours, theirs))


def repository(path, files):
    """A repository with one commit of so many files, fifty in a folder."""
    sh("rm", "-rf", path)
    sh("git", "init", "-q", path)
    stream = [b"blob\nmark :1\ndata 12\nhello world\n\ncommit refs/heads/main\ncommitter b <b@x> 1700000000 +0000\ndata 4\nbase\n"]
    for number in range(files):
        folder = number // 50
        stream.append(b"M 100644 :1 d%04d/e%02d/file_%07d.txt\n" % (folder // 50, folder % 50, number))
    sh("git", "fast-import", "--quiet", cwd=path, stdin=b"".join(stream) + b"\n")
    sh("git", "reset", "-q", "--hard", cwd=path)
    return path


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, mode)


class Table:
    """Figures and what they are held against, printed as they come and once more together."""

    def __init__(self):
        self.rows = []

    def add(self, what, figure, wanted="", met=None):
        """`met` is None where nothing is wanted, or nothing can be said."""
        self.rows.append((what, figure, wanted, {None: "", True: "yes", False: "no"}[met]))
        print(" ", " | ".join(part for part in self.rows[-1] if part), file=sys.stderr, flush=True)

    def most(self, what, value, limit, unit):
        places = 2 if unit == "x" else 1 if unit == "ms" else 0
        self.add(what, f"{value:.{places}f} {unit}", f"<= {limit} {unit}", value <= limit)

    def print(self):
        print("| what | figure | wanted | met |\n|---|---|---|---|")
        for row in self.rows:
            print(f"| {' | '.join(row)} |")
