# H15 A merge with content of its own
# A merge holds what neither side has, where `git log --name-only` shows nothing.
#
# plain: lands
# hooks: found scope: merge
# strict: refused
# shadow: refused

attack() {
	side=$(git commit-tree -p HEAD -m 'Nothing' "HEAD^{tree}")
	echo evil > src/other.txt
	git add -A
	merge=$(git commit-tree -p HEAD -p "$side" -m 'Merge' "$(git write-tree)")
	git update-ref HEAD "$merge"
}

landed() { on_main src/other.txt | grep -q evil; }
