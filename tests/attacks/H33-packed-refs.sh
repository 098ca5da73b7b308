# H33 The branch's file goes, and a packed ref takes its place
# Git reads a branch from `packed-refs` where it has no file of its own.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	branch=$(git symbolic-ref HEAD)
	echo evil > src/other.txt
	git add -A
	commit=$(git commit-tree -p HEAD -m 'Fine work' "$(git write-tree)")
	rm -f ".git/$branch"
	printf '# pack-refs with: peeled fully-peeled sorted \n%s %s\n' "$commit" "$branch" > .git/packed-refs
}

landed() { on_main src/other.txt | grep -q evil; }
