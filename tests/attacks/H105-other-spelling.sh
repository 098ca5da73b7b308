# H105 Another spelling of one's own name
# Whoever started the Builder agrees under the same address with another name.
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
	change=$(change_of t-1)
	GIT_COMMITTER_NAME='A. Reviewer' GIT_COMMITTER_EMAIL=ANN@example.invalid git harness approve t-1 --of "$change" ||
		GIT_COMMITTER_NAME='A. Reviewer' GIT_COMMITTER_EMAIL=ANN@example.invalid git harness approve t-1
}

landed() { evil_landed; }
