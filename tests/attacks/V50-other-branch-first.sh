# V50 Another branch first, then the judged one
# The server judges `main` alone. The payload is pushed to another branch, which nobody looks at, and `main` is moved to it.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	server
	git -C "$T/server.git" config harness.auditRefs refs/heads/main
}

attack() {
	echo evil > src/other.txt
	unhooked commit -qam 'Fine work'
	unhooked push -q origin HEAD:refs/heads/feature
	unhooked push -q origin HEAD:main
}

landed() { git -C "$T/server.git" show main:src/other.txt | grep -q evil; }
