# W37 The task is handed in by submit
# Other work in the worktree stays where it is.

work() {
	echo mine > src/other.txt
	good
	git harness submit > "$T/submitted"
	git checkout -q -- src/other.txt
}
