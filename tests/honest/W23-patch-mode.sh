# W23 Some hunks of a file
# `git add -p` and then a commit, with the rest left in the worktree.

work() {
	good
	echo rest >> src/gen/keep
	printf 'y\nn\n' | git add -p > "$T/answers"
	git commit -qm 'Make it good'
	git checkout -q -- .
}
