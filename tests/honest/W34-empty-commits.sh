# W34 Empty commits without a task
# They change nothing, so there is nothing to judge.

beside() {
	git commit -q --allow-empty -m 'Mark'
	git commit -q --allow-empty -m 'Another mark'
}
