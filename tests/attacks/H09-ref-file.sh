# H09 The branch's file is written by hand
# A branch is a file; no hook sees an `echo` into it.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	echo evil > src/other.txt
	git add -A
	commit=$(git commit-tree -p HEAD -m 'Fine work' "$(git write-tree)")
	echo "$commit" > ".git/$(git symbolic-ref HEAD)"
}

landed() { on_main src/other.txt | grep -q evil; }
