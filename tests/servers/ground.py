"""What the stress of servers begins with: a bare repository with a plan of many cards, and a home for programs."""
import json
import os
import subprocess
import sys


def git(directory, *words, **more):
    done = subprocess.run(["git", *words], cwd=directory, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"git {' '.join(words)} in {directory}: {done.stderr}")
    return done.stdout.strip()


def harness(program, directory, *words):
    done = subprocess.run([program, *words], cwd=directory, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)}: {done.stdout}{done.stderr}")


class Ground:
    """A plan and where it stands; programs that are started find its home, and nothing else of the machine's."""

    def __init__(self, options, place):
        self.options, self.place = options, place
        self.bare = f"{place}/plan.git"
        os.makedirs(f"{place}/home")
        with open(f"{place}/home/.gitconfig", "w") as file:
            file.write("[user]\n\tname = Ann\n\temail = ann@example.invalid\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n")
        os.environ.update(
            HOME=f"{place}/home", XDG_CONFIG_HOME=f"{place}/config", GIT_CONFIG_NOSYSTEM="1", NO_COLOR="1",
            XDG_CACHE_HOME=f"{place}/cache",
        )
        self.cards = [f"card-{number:03}" for number in range(options.cards)]
        self.write_plan()

    def write_plan(self):
        plan = f"{self.place}/plan"
        os.makedirs(f"{plan}/.harness")
        git(plan, "init", "-q", "-b", "main")
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
        harness(self.options.bin, plan, "plan", "import", "--commit", f"{self.place}/plan.json")
        git(self.place, "init", "-q", "--bare", self.bare)
        for key, value in [("http.receivepack", "true"), ("daemon.receivepack", "true"), ("gc.auto", "0")]:
            git(self.bare, "config", key, value)
        git(plan, "push", "-q", self.bare, "main")
