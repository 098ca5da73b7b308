# R42 A landing's block on other content of the same file
# The block is of work that is elsewhere; the commit changes the same file to something else.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: refused

attack() {
	good
	git commit -qam 'Fine work'
	block=$(git log -1 --format=%B)
	[ "$MODE" = plain ] && block='Harness-Task: t-1'
	git branch aside
	git reset -q --hard "$BASE"
	echo worse > src/allowed.txt
	git add -A
	printf '%s\n' "$block" > "$T/message"
	git -c core.hooksPath=/dev/null commit -q --allow-empty -F "$T/message"
}

landed() {
	[ "$MODE" = plain ] && return 0
	(cd "$REPO" && git harness status --json) | tr -d ' \n' | grep -q '"id":"t-1","state":"complete"'
}
