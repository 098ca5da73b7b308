# R40 A landing's block in an empty commit
# The work is on a branch that nobody merged; its block stands in an empty commit on main, amid the body.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: no effect

attack() {
	good
	git commit -qam 'Fine work'
	block=$(git log -1 --format=%B)
	[ "$MODE" = plain ] && block='Harness-Task: t-1'
	git branch aside
	git reset -q --hard "$BASE"
	printf 'Title (#1)\n\n* %s\n\nMore words.\n' "$block" > "$T/message"
	git -c core.hooksPath=/dev/null commit -q --allow-empty -F "$T/message"
}

landed() {
	[ "$MODE" = plain ] && return 0
	(cd "$REPO" && git harness status --json) | tr -d ' \n' | grep -q '"id":"t-1","state":"complete"'
}
