# H109 Agreement to whatever waits
# A script agrees to everything that waits, without a word of what it is.
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
	yes | as Bob git harness approve t-1
}

landed() { evil_landed; }
