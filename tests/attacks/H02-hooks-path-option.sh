# H02 One command with the hooks elsewhere
# `git -c core.hooksPath=/dev/null commit` finds no hook at all.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
