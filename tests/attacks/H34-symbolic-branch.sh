# H34 The branch is another name for something else
# `refs/heads/main` becomes a symbolic ref to a branch that nobody guards.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	branch=$(git symbolic-ref HEAD)
	echo evil > src/other.txt
	git add -A
	git update-ref refs/heads/unguarded "$(git commit-tree -p HEAD -m 'Fine work' "$(git write-tree)")"
	git symbolic-ref "$branch" refs/heads/unguarded
}

landed() { on_main src/other.txt | grep -q evil; }
