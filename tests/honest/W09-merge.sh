# W09 A merge while a task is open
# What others did comes in; the task goes on.

set_up() {
	git checkout -qb others
	echo theirs > src/other.txt
	git commit -qam 'Theirs'
	git checkout -q main
}

work() {
	git merge -q --no-ff --no-edit others
	good
	git commit -qam 'Make it good'
}

holds() { on_main src/other.txt | grep -q theirs; }
