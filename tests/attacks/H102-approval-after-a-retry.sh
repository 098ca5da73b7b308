# H102 An approval after a new round
# As before, with a new round in between, which somebody asked for since they had doubts.
#
# plain: lands
# naive: a name in the message counts as agreement
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { gates_are '["review", "security"]'; }

naive() { by_word_of_mouth; }

attack() {
	given_back
	built 'good and evil'
	approve_as Bob t-1 --gate review
	git harness retry t-1 -m 'I have doubts'
	built 'good and evil'
	approve_as Dora t-1 --gate security
}

landed() { evil_landed; }
