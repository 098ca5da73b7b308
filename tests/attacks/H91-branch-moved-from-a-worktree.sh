# H91 The branch moves from another worktree
# Nothing is open in that one, and its hooks have nothing to ask about there.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: no effect
# landlock: refused

attack() {
	git worktree add -q -b beside "$T/beside"
	cd "$T/beside"
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work'
	git update-ref refs/heads/main HEAD
}

landed() { on_main src/other.txt | grep -q evil; }
