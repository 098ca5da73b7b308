# H26 History is cut off
# `.git/shallow` names the tip, so that its parents, and the payload in them, are not walked to.
#
# plain: lands
# hooks: audit error
# strict: audit error
# shadow: refused

attack() {
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Payload'
	git -c core.hooksPath=/dev/null commit -q --allow-empty -m 'Fine work'
	git rev-parse HEAD > .git/shallow
}

landed() {
	mv "$REPO/.git/shallow" "$T/shallow"
	in_history src/other.txt evil
	found=$?
	mv "$T/shallow" "$REPO/.git/shallow"
	return "$found"
}
