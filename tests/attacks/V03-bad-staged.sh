# V03 Bad in the index, good in the worktree
# The check reads the worktree; the commit takes the index.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

attack() {
	echo bad > src/allowed.txt
	git add -A
	good
	git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
