# P43 A filter of this clone stores something else
# The attributes of the tree name a filter, and this clone's configuration a program that turns good into bad.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	attributes_are 'src/allowed.txt filter=swap'
	git config filter.swap.clean "touch '$T/ran'; sed s/good/bad/"
	git config filter.swap.smudge 'sed s/bad/good/'
	rm -f "$T/ran"
}

attack() { good_work; }

landed() { on_main src/allowed.txt | grep -q bad || { [ "$MODE" = builder ] && [ -e "$T/ran" ]; }; }
