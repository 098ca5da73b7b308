# H103 One approves what one's own program wrote
# The author of what `exec` makes is a program, so whoever wrote the program down agrees to it.
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
	approve_as Ann t-1 || git harness approve t-1
}

landed() { evil_landed; }
