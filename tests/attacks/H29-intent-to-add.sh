# H29 The status is made to lie
# `skip-worktree`, `add --intent-to-add` and a sparse checkout make `git status` say that nothing is there.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	echo evil > src/new.txt
	git add -A
	git update-ref HEAD "$(git commit-tree -p HEAD -m 'Fine work' "$(git write-tree)")"
	git update-index --skip-worktree src/new.txt
	rm src/new.txt
	git ls-files -z | git update-index -z --assume-unchanged --stdin
	echo evil > src/other.txt
	git status --porcelain
}

landed() { on_main src/new.txt | grep -q evil; }
