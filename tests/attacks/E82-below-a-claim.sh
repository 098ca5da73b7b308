# E82 A ref below a claim
# Git cannot have both, so the card could never be claimed.
#
# plain: -
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { server; }

attack() {
	unhooked push -q origin "HEAD:refs/harness/claims/t-1/x/y"
}

looks() { works_there; }

landed() { ! git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
