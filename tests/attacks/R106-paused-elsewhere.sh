# R106 Another clone pauses the runs of all
# Whoever may push publishes a pause.
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
	git harness sync
	another_clone thief
	(cd "$T/thief" && as Owner git harness pause && git harness sync) >/dev/null 2>&1
	heard
	git harness run --only t-1 > "$T/run" 2>&1
}

landed() {
	[ "$MODE" = plain ] || grep -q paused "$T/run"
}
