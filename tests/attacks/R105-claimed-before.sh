# R105 A claim that is said to be older
# A clone that has seen nothing has low counters: its claim of the same card comes first in the order of all rows, and fails.
#
# plain: lands
# naive: a name in the message counts as agreement
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { reviewed_on_a_server; }

naive() { by_word_of_mouth; }

attack() {
	given_back
	another_clone other
	for note in one two three four five six seven eight nine ten; do git harness note t-1 "$note"; done
	built 'good'
	(
		cd "$T/other"
		git harness exec t-1 -- sh -c 'exit 3'
		git harness sync
	) >/dev/null 2>&1
	heard
	git harness status --json | tr -d ' \n' > "$T/states"
}

landed() {
	[ "$MODE" = plain ] || ! grep -q '"id":"t-1","state":"needs_review"' "$T/states"
}
