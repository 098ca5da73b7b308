# R42 A landing's block on other content of the same file
# The block is of work that is elsewhere; the commit changes the same file to something else.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: refused

attack() {
	block_of_work_aside
	echo worse > src/allowed.txt
	git add -A
	printf '%s\n' "$block" > "$T/message"
	git -c core.hooksPath=/dev/null commit -q --allow-empty -F "$T/message"
}

landed() { is_complete; }
