# P19 A tree with names that lead out
# `git mktree` takes `..` and `.git` as names; whoever checks such a tree out carelessly writes elsewhere.
#
# plain: lands
# hooks: found scope: unreadable
# strict: refused
# shadow: no effect

attack() {
	blob=$(echo evil | git hash-object -w --stdin)
	hooks=$(printf '100755 blob %s\tpre-commit\n' "$blob" | git mktree)
	inner=$(printf '040000 tree %s\thooks\n' "$hooks" | git mktree)
	tree=$( (git ls-tree HEAD; printf '040000 tree %s\t.git\n040000 tree %s\t..\n' "$inner" "$inner") | git mktree)
	git update-ref HEAD "$(git commit-tree -p HEAD -m 'Fine work' "$tree")"
}

landed() { plainly ls-tree --name-only main | grep -qxF ..; }
