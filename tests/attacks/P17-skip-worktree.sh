# P17 The check is weakened behind skip-worktree
# As with assume-unchanged, and `git add -A` passes it over too.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	git update-index --skip-worktree tests/check.sh
	echo true > tests/check.sh
	echo bad > src/allowed.txt
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
