# H110 Handed in for somebody else, and approved
# The task is Ann's; Bob commits in her worktree, which waits for somebody else, and agrees to it himself.
#
# plain: lands
# naive: a name in the message counts as agreement
# hooks: refused
# strict: refused
# shadow: -

set_up() { gates_are '["review"]'; }

naive() { by_word_of_mouth; }

attack() {
	echo 'good and evil' > src/allowed.txt
	as Bob git commit -qam 'Fine work'
	approve_as Bob t-1
	as Bob git commit -qam 'Fine work'
}

landed() { evil_landed; }
