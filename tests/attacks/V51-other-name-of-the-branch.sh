# V51 Another name of the judged branch
# After a rename servers keep the former name as a symbolic ref. The push names that one, and `main` is what moves.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	server
	git -C "$T/server.git" config harness.auditRefs refs/heads/main
	git -C "$T/server.git" symbolic-ref refs/heads/master refs/heads/main
}

attack() {
	echo evil > src/other.txt
	unhooked commit -qam 'Fine work'
	unhooked push -q origin HEAD:master
}

landed() { git -C "$T/server.git" show main:src/other.txt | grep -q evil; }
