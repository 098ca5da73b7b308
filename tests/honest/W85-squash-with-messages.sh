# W85 A branch is squashed with the messages of its commits
# The landing is in the squash, and the task stays done.

work() {
	git checkout -q -b feature
	good
	git commit -qam 'Make it good'
	git checkout -q main
	git merge -q --squash feature
	git commit -q --no-edit
	git harness status > "$T/status"
	grep -q 't-1  *complete' "$T/status"
}

holds() { on_main src/allowed.txt | grep -q good; }
