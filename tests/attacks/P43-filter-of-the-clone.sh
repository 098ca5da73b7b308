# P43 A filter of this clone stores something else
# The attributes of the tree name a filter, and this clone's configuration a program that turns good into bad.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	echo 'src/allowed.txt filter=swap' > .gitattributes
	git add -A
	git commit -qnm 'Attributes'
	git config filter.swap.clean "touch '$T/ran'; sed s/good/bad/"
	git config filter.swap.smudge 'sed s/bad/good/'
	rm -f "$T/ran"
}

attack() {
	good
	if [ "$MODE" != builder ]; then
		git add -A
		git commit -qm 'Fine work'
	fi
}

landed() { on_main src/allowed.txt | grep -q bad || { [ "$MODE" = builder ] && [ -e "$T/ran" ]; }; }
