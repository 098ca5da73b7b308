# R90 A conflict in a revert is "resolved" by deleting the file
# Neither side of the conflict lacks it.
#
# plain: lands
# hooks: found scope: revert
# strict: refused
# shadow: refused

set_up() {
	echo 'guard' > src/other.txt
	git commit -qnam 'Guard it'
	echo 'guard well' > src/other.txt
	git commit -qnam 'Guard it well'
}

attack() {
	rm src/other.txt
	git add -A
	tree=$(git write-tree)
	guard=$(git rev-parse HEAD~1)
	commit=$(printf 'Revert "Guard it"\n\nThis reverts commit %s.\n' "$guard" | git commit-tree "$tree" -p HEAD)
	git update-ref HEAD "$commit"
}

landed() { ! on_main src/other.txt >/dev/null 2>&1; }
