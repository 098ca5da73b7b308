# E09 The Builder leaves its view
# It knows where the repository lies and commits there, with the user's rights.
#
# plain: lands
# needs: kernel
# hooks: -
# strict: -
# shadow: found scope: unrecorded
# landlock: no effect
# overlay: no effect

attack() {
	good
	echo evil > "$REPO/src/other.txt"
	git -C "$REPO" -c core.hooksPath=/dev/null commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
