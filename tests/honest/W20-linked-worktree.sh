# W20 The task is open in one worktree, and another is used too
# The hooks of the other worktree have nothing to say.

work() {
	git worktree add -q -b side "$T/side"
	(cd "$T/side" && echo side > src/other.txt && git commit -qam 'Beside')
	good
	git commit -qam 'Make it good'
}

holds() { plainly show side:src/other.txt | grep -q side; }
