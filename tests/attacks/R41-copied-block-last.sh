# R41 A landing's block in an empty commit, where git finds it
# The work is on a branch that nobody merged; an empty commit on main has its whole message.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: no effect

attack() {
	block_of_work_aside
	printf '%s\n' "$block" > "$T/message"
	git -c core.hooksPath=/dev/null commit -q --allow-empty -F "$T/message"
}

landed() { is_complete; }
