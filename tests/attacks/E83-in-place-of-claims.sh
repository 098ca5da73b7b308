# E83 A ref in place of all claims
# Where a ref is called as the folder of claims, none can be made in it.
#
# plain: -
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { server; }

attack() {
	unhooked push -q origin HEAD:refs/harness/claims HEAD:refs/harness/ledger HEAD:refs/harness/turns
}

looks() { works_there; }

landed() { ! git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
