# R101 Another clone fails at what waits here
# A clone that did not know works on the same card and fails, with a counter that is higher.
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
	built 'good'
	(
		cd "$T/other"
		for note in one two three four five six seven eight nine ten; do git harness note t-1 "$note"; done
		git harness exec t-1 -- sh -c 'exit 3'
		git harness sync
	) >/dev/null 2>&1
	heard
	git harness status --json | tr -d ' \n' > "$T/states"
}

landed() {
	[ "$MODE" = plain ] || ! grep -q '"id":"t-1","state":"needs_review"' "$T/states"
}
