# H07 A commit by plumbing
# `write-tree`, `commit-tree` and `update-ref` run no commit hook.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	echo evil > src/other.txt
	git add -A
	git update-ref HEAD "$(git commit-tree -p HEAD -m 'Fine work' "$(git write-tree)")"
}

landed() { on_main src/other.txt | grep -q evil; }
