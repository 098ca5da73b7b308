# R14 A revert that is none
# The message says that a commit is undone; the commit does something else.
#
# plain: lands
# hooks: found scope: revert
# strict: found scope: revert
# shadow: refused

attack() {
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam "Revert \"Begin\"

This reverts commit $(git rev-parse HEAD)."
}

landed() { on_main src/other.txt | grep -q evil; }
