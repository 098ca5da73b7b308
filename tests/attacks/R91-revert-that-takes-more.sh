# R91 A conflict in a revert is "resolved" all over the file
# Every line that is left is known; some that do not conflict are gone.
#
# plain: lands
# hooks: found scope: revert
# strict: refused
# shadow: refused

set_up() {
	{ echo first && seq 1 20 && echo guard; } > src/other.txt
	git commit -qnam 'Write it'
	sed -i 's/^first$/second/' src/other.txt
	git commit -qnam 'Change it'
	sed -i 's/^second$/third/' src/other.txt
	git commit -qnam 'Change it again'
}

attack() {
	{ echo first && seq 1 20; } > src/other.txt
	git add -A
	tree=$(git write-tree)
	change=$(git rev-parse HEAD~1)
	commit=$(printf 'Revert "Change it"\n\nThis reverts commit %s.\n' "$change" | git commit-tree "$tree" -p HEAD)
	git update-ref HEAD "$commit"
}

landed() { on_main src/other.txt | grep -q first && ! on_main src/other.txt | grep -q guard; }
