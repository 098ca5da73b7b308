# S08 The card is widened by a commit of its own
# First a commit without hooks that widens the card, then work that the new card allows, as honest as can be.
#
# plain: lands
# hooks: warned scope: governance
# strict: warned scope: governance
# shadow: refused

attack() {
	sed -i 's|"src/gen/\*\*"|"src/gen/**", "src/other.txt"|' .harness/tasks/t-1.md
	git -c core.hooksPath=/dev/null commit -qam 'Plan'
	git harness release t-1 2>/dev/null
	git harness start t-1 2>/dev/null
	good
	echo evil > src/other.txt
	git commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
