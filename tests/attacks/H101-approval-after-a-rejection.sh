# H101 An approval after a rejection
# Bob agrees for one gate, Carol rejects. The same change again waits for the other gate alone, and Dora agrees to that.
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
	as Carol git harness reject t-1 -m no --of "$(change_of t-1)" || as Carol git harness reject t-1 -m no
	built 'good and evil'
	approve_as Dora t-1 --gate security
}

landed() { evil_landed; }
