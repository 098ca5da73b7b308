# H14 A fast-forward
# The payload waits on a side branch; a fast-forward merge makes no commit, so no commit hook runs.
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
	git merge -q --ff-only side
}

landed() { on_main src/other.txt | grep -q evil; }
