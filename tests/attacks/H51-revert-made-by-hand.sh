# H51 A revert that nobody asked git for
# The commit that is said to be undone is in the store, reachable from nothing; the one that undoes it is plumbing.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	echo evil > src/other.txt
	git add -A
	bad=$(git write-tree)
	with=$(git commit-tree "$bad" -p HEAD -m 'With')
	without=$(git commit-tree 'HEAD^{tree}' -p "$with" -m 'Without')
	commit=$(printf 'Revert "Without"\n\nThis reverts commit %s.\n' "$without" | git commit-tree "$bad" -p HEAD)
	git update-ref HEAD "$commit"
}

landed() { on_main src/other.txt | grep -q evil; }
