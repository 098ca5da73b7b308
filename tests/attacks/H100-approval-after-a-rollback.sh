# H100 An approval after a rollback
# Bob agreed, it landed, and was rolled back. The Builder makes the same change again, and Bob is not asked.
#
# plain: lands
# naive: a name in the message counts as agreement
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { gates_are '["review"]'; }

naive() { by_word_of_mouth; }

attack() {
	given_back
	built 'good and evil'
	approve_as Bob t-1
	git harness rollback t-1
	built 'good and evil'
	git harness run --only t-1
}

landed() { evil_landed; }
