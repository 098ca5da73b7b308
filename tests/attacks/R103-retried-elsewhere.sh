# R103 Another clone wants what waits here anew
# The same with a new round, and with a release.
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
	built 'good'
	git harness sync
	another_clone thief
	(
		cd "$T/thief"
		as Owner git harness retry t-1 -m no
		as Owner git harness release t-1
		git harness sync
	)
	heard
	git harness status --json | tr -d ' \n' > "$T/states"
}

landed() {
	[ "$MODE" = plain ] || ! grep -q '"id":"t-1","state":"needs_review"' "$T/states"
}
