# R40 A landing's block in an empty commit
# The work is on a branch that nobody merged; its block stands in an empty commit on main, amid the body.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: no effect

attack() {
	block_of_work_aside
	printf 'Title (#1)\n\n* %s\n\nMore words.\n' "$block" > "$T/message"
	git -c core.hooksPath=/dev/null commit -q --allow-empty -F "$T/message"
}

landed() { is_complete; }
