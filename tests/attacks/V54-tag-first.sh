# V54 A tag first, then the judged branch
# As by another branch, but by a tag that the server does not judge.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	server
	git -C "$T/server.git" config harness.auditRefs 'refs/heads/**'
}

attack() {
	echo evil > src/other.txt
	unhooked commit -qam 'Fine work'
	unhooked tag -am 'Release' v1
	unhooked push -q origin v1
	unhooked push -q origin HEAD:main
}

landed() { git -C "$T/server.git" show main:src/other.txt | grep -q evil; }
