# H20 The payload comes and goes
# A commit and its revert: the difference of the ends is clean, and the payload is in history for whoever has its name.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: no effect

attack() {
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Payload'
	git -c core.hooksPath=/dev/null revert --no-edit HEAD
}

landed() { in_history src/other.txt evil; }
