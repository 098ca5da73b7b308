# H40 The task's commit is made a second time with its own message
# `commit -C HEAD` says to every hook what `commit --amend` says. The second one stands on the first.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

attack() {
	good
	git commit -qam 'Fine work'
	echo more > src/gen/more
	git add -A
	git commit -qC HEAD
}

landed() { [ "$(plainly log --format=%s "$BASE..main" | grep -c 'Fine work')" = 2 ]; }
