# W30 Work goes on where the task landed
# The task is given back, which closes it; a branch goes off and comes back.

work() {
	good
	git commit -qam 'Make it good'
	git harness release t-1 > "$T/released"
	git checkout -qb later
	git commit -q --allow-empty -m 'Later'
	git checkout -q main
	git merge -q --no-ff --no-edit later
}
