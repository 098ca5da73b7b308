# H12 A rebase
# The branch is rebased onto a side branch that holds the payload.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	here=$(git symbolic-ref --short HEAD)
	git checkout -q -b side
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work'
	git checkout -q "$here"
	git rebase -q side || git rebase --abort
	git checkout -q -f "$here"
}

landed() { on_main src/other.txt | grep -q evil; }
