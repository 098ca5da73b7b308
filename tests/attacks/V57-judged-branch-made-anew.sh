# V57 The judged branch is made from one that is not
# The default branch is not judged, releases are. The payload goes to the default branch, then into a release.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	server
	git -C "$T/server.git" branch release main
	git -C "$T/server.git" config harness.auditRefs refs/heads/release
}

attack() {
	echo evil > src/other.txt
	unhooked commit -qam 'Fine work'
	unhooked push -q origin HEAD:main
	unhooked push -q origin HEAD:release
}

landed() { git -C "$T/server.git" show release:src/other.txt | grep -q evil; }
