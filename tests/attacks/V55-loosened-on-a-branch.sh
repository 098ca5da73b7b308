# V55 Rules are loosened on another branch first
# A branch allows unrecorded commits, the next push to it is judged by that, and `main` follows to it.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() { server; }

attack() {
	mkdir -p .harness
	unhooked checkout -q -b loose
	printf '\n[audit]\nunrecorded = "allow"\n' >> .harness/config.toml
	git add -A
	unhooked commit -qm 'Be kind'
	unhooked push -q origin loose
	echo evil > src/other.txt
	unhooked commit -qam 'Fine work'
	unhooked push -q origin loose
	unhooked push -q origin loose:main
}

landed() { git -C "$T/server.git" show main:src/other.txt | grep -q evil; }
