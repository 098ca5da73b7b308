# H90 The branch moves while nobody stands on it
# A task is open on it; HEAD is detached first, so that no commit is made there and no hook of a commit is asked.
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
	git update-ref refs/heads/main "$bad"
	git checkout -q -b elsewhere
	git branch -f main "$bad"
	git symbolic-ref HEAD refs/heads/nowhere
	git update-ref refs/heads/main "$bad"
}

landed() { on_main src/other.txt | grep -q evil; }
