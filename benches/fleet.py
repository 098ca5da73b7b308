#!/usr/bin/env python3
"""A model of many machines on one Git server: how often they run into each other, and how much they get done.

    benches/fleet.py [--workers 1000] [--cards 100000] [--branches 1,16,64] [--seed 1] [--quick]

Nothing here runs git-harness: it is the same rules (`domain/claim`, `engine/server`) as events in a queue, with times for
what costs time. A worker looks, tries the cards in its own order, claims by compare-and-swap, looks again, builds, verifies,
and lands; who comes late waits for the turn and verifies again. A server answers so many requests at a time, each in so
many seconds, and the rest wait. Everything that is random comes from the seed. Times are in seconds. What
it takes for granted is measured by benches/server.py.
"""
import argparse
import heapq
import random
import time

# What the program does, as it does it.
AHEAD, FURTHER = 2, 4  # domain/claim/choice.rs
LOOKS = 8  # engine/server/offer.rs
FIRST_WAIT, LEAST_WAIT, WAIT_PER_CLAIM = 0.1, 1.0, 0.05  # engine/server/turn.rs
FIRST_LOOK, LONGEST_LOOK = 3.0, 60.0  # engine/run/floor.rs
RENEWALS = 4  # in a lease, domain/claim/mod.rs


class Server:
    """Answers `slots` requests at a time."""

    def __init__(self, options):
        self.options = options
        self.slots = [0.0] * options.slots
        self.requests = 0
        self.waited = 0.0

    def request(self, now):
        """When the server has done it, and when its answer is there."""
        arrives = now + self.options.rtt / 2
        free = heapq.heappop(self.slots)
        begins = max(arrives, free)
        done = begins + self.options.service
        heapq.heappush(self.slots, done)
        self.requests += 1
        self.waited += begins - arrives
        return done, done + self.options.rtt / 2


class Branch:
    """A plan's cards, and the branch that they land on."""

    def __init__(self, cards):
        self.open = cards  # never claimed; they are taken from the front, so a count and a set are enough
        self.first = 0
        self.claimed = set()
        self.taken = set()
        self.landed = 0
        self.tip = 0
        self.turn = None
        self.waiting = []


class Model:
    def __init__(self, options, branches, order, landing):
        self.options, self.order, self.landing = options, order, landing
        self.random = random.Random(options.seed)
        self.server = Server(options)
        share, rest = divmod(options.cards, branches)
        self.branches = [Branch(share + (number < rest)) for number in range(branches)]
        self.events, self.count = [], 0
        self.tries = self.lost = self.checks = self.polls = 0
        self.turn_wait = self.busy = 0.0
        self.held, self.held_peak = 0, 0
        self.last = 0.0

    def at(self, when, what, *words):
        self.count += 1
        heapq.heappush(self.events, (when, self.count, what, words))

    def ask(self, when, then, *words):
        """A request that is sent at a time; `then` is told when the server has done it, and when its answer is there."""
        self.at(when, self.asked, then, words)

    def asked(self, now, then, words):
        done, here = self.server.request(now)
        self.at(done, then, here, *words)

    def run(self):
        for worker in range(self.options.workers):
            # Schedulers start jobs over a while.
            begins = self.random.uniform(0, self.options.start)
            self.ask(begins, self.looked, worker, self.branches[worker % len(self.branches)], 0, FIRST_LOOK)
        while self.events:
            now, _, what, words = heapq.heappop(self.events)
            what(now, *words)
        return self

    # Looking for a card, and claiming it.

    def looked(self, now, here, worker, branch, lost, pause):
        """What stands on the server at this moment is what the worker chooses by."""
        while branch.first in branch.taken:
            branch.taken.discard(branch.first)
            branch.first += 1
        left = branch.open - branch.first - len(branch.taken)
        if left == 0 or lost >= LOOKS:
            # All that is open is in others' hands; elsewhere there may be more.
            if any(one.landed < one.open for one in self.branches):
                other = self.random.choice(self.branches)
                self.ask(here + pause, self.looked, worker, other, 0, min(2 * pause, LONGEST_LOOK))
            return
        window = 1
        if self.order == "own":
            window = min(left, (AHEAD * len(branch.claimed) + 1) * FURTHER**lost)
        place = self.random.randrange(window)
        card = branch.first
        while card in branch.taken or place:
            place -= card not in branch.taken
            card += 1
        self.tries += 1
        self.ask(here, self.claim, worker, branch, card, lost)

    def claim(self, _now, here, worker, branch, card, lost):
        if card in branch.taken or card < branch.first:
            self.lost += 1
            return self.ask(here, self.looked, worker, branch, lost + 1, FIRST_LOOK)
        branch.taken.add(card)
        branch.claimed.add(worker)
        self.held += 1
        self.held_peak = max(self.held_peak, self.held)
        # Once more, for what landed until then.
        self.ask(here, self.build, worker, branch)

    def build(self, _now, here, worker, branch):
        base = branch.tip
        spent = self.random.lognormvariate(0, self.options.spread) * self.options.build
        # Each renewal is a request, too.
        for beat in range(1, int(spent // (self.options.lease / RENEWALS)) + 1):
            self.ask(here + beat * self.options.lease / RENEWALS, self.renewed)
        self.busy += spent
        self.checks += 1
        self.ask(here + spent + self.options.verify, self.verified, worker, branch, base)

    def renewed(self, now, here):
        pass

    # Landing.

    def verified(self, _now, here, worker, branch, base):
        """A look before the landing: whether the branch moved, and whether somebody has the turn."""
        if branch.tip == base and (self.landing == "race" or branch.turn is None and not branch.waiting):
            return self.ask(here, self.land, worker, branch, base)
        if self.landing == "race":
            return self.again(here, worker, branch)
        self.wait(here, worker, branch)

    def wait(self, here, worker, branch):
        branch.waiting.append((here, worker))
        if branch.turn is None and len(branch.waiting) == 1:
            self.pass_on(here, branch)

    def again(self, here, worker, branch):
        """Merged onto what landed meanwhile, and verified as merged."""
        self.checks += 1
        self.ask(here + self.options.verify, self.land, worker, branch, branch.tip)

    def pass_on(self, now, branch):
        """The turn is free: the first one who looks has it."""
        most = max(LEAST_WAIT, WAIT_PER_CLAIM * self.held)
        waiting = len(branch.waiting)
        # Looks of so many, each at a time of its own; the first of them.
        wait = most * 0.75 * (1 - self.random.random() ** (1 / waiting)) if waiting > 1 else FIRST_WAIT
        since, worker = branch.waiting.pop(self.random.randrange(waiting))
        branch.turn = worker
        self.turn_wait += now + wait - since
        self.polls += (now - since) / (most * 0.75)
        self.ask(now + wait, self.has_turn, worker, branch)

    def has_turn(self, _now, here, worker, branch):
        # A look, a push for the turn, a look at what the one before landed.
        self.ask(here, self.looks_once_more, worker, branch)

    def looks_once_more(self, _now, here, worker, branch):
        self.ask(here, self.merged, worker, branch)

    def merged(self, _now, here, worker, branch):
        self.again(here, worker, branch)

    def land(self, now, here, worker, branch, base):
        if branch.tip != base:
            if self.landing == "race" or branch.turn == worker:
                return self.again(here, worker, branch)
            return self.wait(here, worker, branch)
        branch.tip += 1
        branch.landed += 1
        branch.claimed.discard(worker)
        self.held -= 1
        self.last = now
        if branch.turn == worker:
            branch.turn = None
        if branch.turn is None and branch.waiting:
            self.pass_on(now, branch)
        self.ask(here, self.looked, worker, branch, 0, FIRST_LOOK)

    def row(self, name):
        landed = sum(branch.landed for branch in self.branches)
        assert landed == self.options.cards, (landed, self.options.cards)
        assert self.tries - self.lost == landed, "a card was claimed twice"
        days = self.last / 86400
        requests = self.server.requests + self.polls
        return (
            f"{name:<44} {days:>8.2f} {3600 * landed / self.last:>10.0f} {100 * self.busy / (self.last * self.options.workers):>7.0f}%"
            f" {100 * self.lost / self.tries:>6.1f}% {self.checks / landed:>8.2f} {self.turn_wait / landed:>9.0f}"
            f" {requests / landed:>8.1f} {requests / self.last:>8.1f} {1000 * self.server.waited / self.server.requests:>8.1f}"
        )


HEAD = (
    f"{'':<44} {'days':>8} {'landings/h':>10} {'building':>8} {'lost':>7} {'verified':>8} {'turn':>9} {'requests':>8}"
    f" {'server':>8} {'queue':>8}\n"
    f"{'':<44} {'':>8} {'':>10} {'of time':>8} {'claims':>7} {'/landing':>8} {'s':>9} {'/landing':>8} {'1/s':>8} {'ms':>8}"
)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--cards", type=int, default=100_000)
    parser.add_argument("--branches", default="1,16,64,256")
    parser.add_argument("--build", type=float, default=600, help="median seconds that a Builder takes")
    parser.add_argument("--spread", type=float, default=0.6, help="of the logarithm of that time")
    parser.add_argument("--verify", type=float, default=60, help="seconds that the checks take")
    parser.add_argument("--lease", type=float, default=600)
    parser.add_argument("--rtt", type=float, default=0.05, help="seconds to the server and back")
    parser.add_argument("--service", type=float, default=0.1, help="seconds that the server takes for a request")
    parser.add_argument("--slots", type=int, default=8, help="requests that the server answers at a time")
    parser.add_argument("--start", type=float, default=60, help="seconds over which the workers start")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the cards")
    options = parser.parse_args()
    if options.quick:
        options.cards //= 100
    print(
        f"{options.workers} workers, {options.cards} cards; a Builder takes {options.build:.0f} s, checks {options.verify:.0f} s;"
        f" the server answers {options.slots} requests at a time in {1000 * options.service:.0f} ms, {1000 * options.rtt:.0f} ms away\n"
    )
    begun = time.monotonic()
    print("How they are spread over branches, in turns, each in its own order of cards:")
    print(HEAD)
    for branches in map(int, options.branches.split(",")):
        name = "1 branch" if branches == 1 else f"{branches} branches"
        print(Model(options, branches, "own", "turn").run().row(name), flush=True)
    small = argparse.Namespace(**{**vars(options), "cards": min(options.cards, 5 * options.workers)})
    print(f"\nWhat the rules are worth, with {small.cards} cards on 16 branches:")
    print(HEAD)
    for name, order, landing, start in [
        ("as it is", "own", "turn", options.start),
        ("all workers start in the same second", "own", "turn", 1),
        ("the same, everybody in the plan's order", "plan", "turn", 1),
        ("no turns: whoever is first lands", "own", "race", options.start),
    ]:
        case = argparse.Namespace(**{**vars(small), "start": start})
        print(Model(case, 16, order, landing).run().row(name), flush=True)
    refs = 2 * options.workers + 20
    print(
        f"\nOn paper: {options.workers} claims and as many journals are about {refs * 75 // 1000} kB that a server tells with every"
        f" push; a branch takes at most one landing in {options.verify + 4 * (options.rtt + options.service):.1f} s."
        f"\n(modelled in {time.monotonic() - begun:.0f} s)"
    )


main()
