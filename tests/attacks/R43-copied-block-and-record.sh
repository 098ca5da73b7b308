# R43 A landing's block with the record that came with it, without the work
# The squash took the record along and left the change out.
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
	mkdir -p .harness/ledger
	printf 'v = 1\nid = "t-1"\nstatus = "complete"\n' > .harness/ledger/t-1.toml
	git add -A
	printf '%s\n' "$block" > "$T/message"
	git -c core.hooksPath=/dev/null commit -q --allow-empty -F "$T/message"
}

landed() {
	[ "$MODE" = plain ] && return 0
	(cd "$REPO" && git harness status --json) | tr -d ' \n' | grep -q '"id":"t-1","state":"complete"'
}
