# E80 A claim that is none
# A blob stands where a claim belongs, of another card: whoever looks at claims stumbles over it.
#
# plain: -
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { server; }

attack() {
	unhooked push -q origin "$(echo x | git hash-object -w --stdin):refs/harness/claims/t-9"
}

looks() { works_there; }

landed() { ! git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
