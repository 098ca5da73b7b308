# R100 The owner, in another clone
# Whoever may push publishes a journal in which the owner agrees to what waits here.
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
	built 'good and evil'
	git harness sync
	another_clone thief
	(cd "$T/thief" && approve_as Owner t-1 && git harness sync)
	heard
	git harness run --only t-1
}

landed() { evil_landed; }
