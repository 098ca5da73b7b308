# P16 The check is weakened where git does not look
# `assume-unchanged` hides the edited check; the work is bad, and the check in the worktree says it is fine.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	git update-index --assume-unchanged tests/check.sh
	echo true > tests/check.sh
	echo bad > src/allowed.txt
	git commit -qam 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
