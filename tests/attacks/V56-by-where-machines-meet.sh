# V56 By a ref where machines meet
# What machines claim and tell one another is no work and is not judged. The payload is pushed there first.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() { server; }

attack() {
	echo evil > src/other.txt
	unhooked commit -qam 'Fine work'
	unhooked push -q origin HEAD:refs/harness/claims/t-9
	unhooked push -q origin HEAD:main
}

landed() { git -C "$T/server.git" show main:src/other.txt | grep -q evil; }
