# H92 The branch is deleted and made again
# So it moves from nowhere, and there is nothing that it could be held against.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: no effect

attack() {
	echo evil > src/other.txt
	git add -A
	tree=$(git write-tree)
	bad=$(git commit-tree "$tree" -p HEAD -m 'Fine work')
	git reset -q --hard
	git checkout -q --detach
	git update-ref -d refs/heads/main
	git update-ref refs/heads/main "$bad"
}

landed() { on_main src/other.txt | grep -q evil; }
