# W19 An unborn branch beside the task
# An orphan branch is begun, and left again.

beside() {
	git worktree add -q --orphan -b pages "$T/pages"
	(cd "$T/pages" && echo page > index.html && git add -A && git commit -qm 'A page')
	git checkout -q main
}

holds() { plainly cat-file -e pages:index.html; }
