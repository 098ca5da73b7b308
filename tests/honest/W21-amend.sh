# W21 The task's commit is amended
# While it is the tip, and not pushed.

work() {
	good
	git commit -qam 'Make it god'
	echo more > src/gen/more
	git add -A
	git commit -q --amend -m 'Make it good'
}

holds() { on_main src/gen/more | grep -q more; }
