# P44 A program that calls itself Git LFS
# The filter `lfs` of this clone's configuration is another program.
#
# plain: lands
# hooks: -
# strict: -
# shadow: refused

set_up() {
	attributes_are 'src/allowed.txt filter=lfs -text'
	git config filter.lfs.clean "touch '$T/ran'; cat"
	git config filter.lfs.smudge "touch '$T/ran'; cat"
	rm -f "$T/ran"
}

attack() { good_work; }

landed() { [ -e "$T/ran" ]; }
