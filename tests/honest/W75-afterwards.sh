# W75 Ordinary commits after the task's own
# In the same second, of other files and of the same, and without any change.

work() {
	good
	git commit -qam 'Make it good'
	echo mine > src/other.txt
	git commit -qam 'Mine'
	echo better >> src/allowed.txt
	git commit -qam 'More of it'
	git commit -q --allow-empty -m 'Nothing'
	[ "$(git log --format=%B main | grep -c '^Harness-Task: t-1')" = 1 ]
	[ "$(git rev-parse HEAD~4)" = "$BASE" ]
}
