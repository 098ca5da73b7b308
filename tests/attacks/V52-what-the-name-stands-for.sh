# V52 What the judged name stands for
# The server judges `master`, which is another name of `main`. The push names `main`.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	server
	git -C "$T/server.git" symbolic-ref refs/heads/master refs/heads/main
	git -C "$T/server.git" config harness.auditRefs refs/heads/master
}

attack() {
	echo evil > src/other.txt
	unhooked commit -qam 'Fine work'
	unhooked push -q origin HEAD:main
}

landed() { git -C "$T/server.git" show main:src/other.txt | grep -q evil; }
