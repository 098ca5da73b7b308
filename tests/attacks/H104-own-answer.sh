# H104 One approves the answer that one wrote
# The same by a model's answer that no model wrote.
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
	printf 'src/allowed.txt\n```\ngood and evil\n```\n' > "$T/answer"
	git harness apply t-1 "$T/answer"
	approve_as Ann t-1
}

landed() { evil_landed; }
