# H112 What was withdrawn
# Bob agrees for one gate and takes it back; Carol agrees for the other.
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
	as Bob git harness approve t-1 --withdraw
	approve_as Carol t-1 --gate security
	git harness run --only t-1
}

landed() { evil_landed; }
