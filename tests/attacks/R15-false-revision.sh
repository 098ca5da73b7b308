# R15 A revision that is none
# The message says that a card is revised, and other files change along.
#
# plain: lands
# hooks: found scope: revision
# strict: found scope: revision
# shadow: refused

attack() {
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Revise t-1

Harness-Revises: t-1'
}

landed() { on_main src/other.txt | grep -q evil; }
