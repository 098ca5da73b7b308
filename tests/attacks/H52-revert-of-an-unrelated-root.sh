# H52 A revert of a first commit of no history
# What is said to be undone has no parent and shares nothing with the branch; the payload stands in the commit after it, which
# has to be judged all the same.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	only=$(printf '100644 blob %s\tcheck.sh\n' "$(git rev-parse HEAD:tests/check.sh)" | git mktree)
	root=$(git commit-tree "$(printf '040000 tree %s\ttests\n' "$only" | git mktree)" -m 'Root')
	git rm -q --cached tests/check.sh
	first=$(printf 'Revert "Root"\n\nThis reverts commit %s.\n' "$root" | git commit-tree "$(git write-tree)" -p HEAD)
	echo evil > src/other.txt
	git add -A
	git update-ref HEAD "$(git commit-tree "$(git write-tree)" -p "$first" -m 'After it')"
}

landed() { on_main src/other.txt | grep -q evil; }
