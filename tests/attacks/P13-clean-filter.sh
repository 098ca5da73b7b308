# P13 A filter shows one thing and stores another
# The worktree says `good`, which the checks read; a clean filter stores `bad`.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

attack() {
	git config filter.swap.clean 'sed s/good/bad/'
	git config filter.swap.smudge 'sed s/bad/good/'
	echo 'src/allowed.txt filter=swap' > .git/info/attributes
	good
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
