# S03 The check is replaced
# `tests/check.sh` says yes to everything, and the commit brings it along.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	echo true > tests/check.sh
	echo bad > src/allowed.txt
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main tests/check.sh | grep -qx true; }
