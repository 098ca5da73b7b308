# H36 A merge of three
# An octopus merge has a third parent, where tools that look at two see nothing.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	a=$(git commit-tree -p HEAD -m 'A' "HEAD^{tree}")
	echo evil > src/other.txt
	git add -A
	b=$(git commit-tree -p HEAD -m 'B' "$(git write-tree)")
	git update-ref HEAD "$(git commit-tree -p HEAD -p "$a" -p "$b" -m 'Merge' "$(git write-tree)")"
}

landed() { on_main src/other.txt | grep -q evil; }
