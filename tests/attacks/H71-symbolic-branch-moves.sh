# H71 A landing by way of another name of the branch
# `main` is a symbolic ref to the branch that is checked out, as after a rename. If only the branch moves, the next commit
# of its owner takes everything back that landed.
#
# plain: lands
# naive: whoever asks only for the worktree of the name that it moves
# hooks: -
# strict: -
# shadow: no effect
# landlock: no effect
# overlay: no effect

set_up() {
	git -c core.hooksPath=/dev/null branch -m main trunk
	git symbolic-ref refs/heads/main refs/heads/trunk
}

naive() {
	commit=$(GIT_INDEX_FILE="$T/index" sh -c '
		git read-tree HEAD
		git update-index --add --cacheinfo "100644,$(echo good | git hash-object -w --stdin),src/gen/new"
		git commit-tree -p HEAD -m "Fine work" "$(git write-tree)"')
	git update-ref refs/heads/main "$commit"
}

attack() {
	good
	echo good > src/gen/new
}

landed() { [ -n "$(plainly status --porcelain)" ]; }
