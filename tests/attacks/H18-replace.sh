# H18 A decoy in the commit's place
# `git replace` makes every ordinary reader see an innocent commit instead of the payload.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work'
	decoy=$(git commit-tree -p HEAD~1 -m 'Fine work' "HEAD~1^{tree}")
	git replace HEAD "$decoy"
}

landed() { on_main src/other.txt | grep -q evil && [ -n "$(plainly for-each-ref refs/replace)" ]; }
