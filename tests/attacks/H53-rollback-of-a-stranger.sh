# H53 A rollback of a landing that never was
# Our own trailer names a commit that is not on the branch, and the commit writes other tasks' records besides.
#
# plain: lands
# hooks: found scope: record, unrecorded
# strict: refused
# shadow: refused

attack() {
	echo evil > src/other.txt
	mkdir -p .harness/ledger
	echo 'anything = 1' > .harness/ledger/t-2.toml
	git add -A
	bad=$(git write-tree)
	with=$(git commit-tree "$bad" -p HEAD -m 'With')
	without=$(git commit-tree 'HEAD^{tree}' -p "$with" -m 'Without')
	commit=$(printf 'Roll back task t-1: x\n\n- Undoes it\n\nHarness-Reverts: t-1@%s\n' "$without" | git commit-tree "$bad" -p HEAD)
	git update-ref HEAD "$commit"
}

landed() { on_main src/other.txt | grep -q evil; }
