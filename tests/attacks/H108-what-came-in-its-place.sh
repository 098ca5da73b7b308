# H108 What came in the place of what was looked at
# Bob looks at a change. Before he agrees, Carol rejects it, and another one waits under the same name.
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
	built 'good'
	seen=$(change_of t-1)
	as Carol git harness reject t-1 -m no --of "$seen" || as Carol git harness reject t-1 -m no
	built 'good and evil'
	as Bob git harness approve t-1 --of "$seen" || as Bob git harness approve t-1
}

landed() { evil_landed; }
