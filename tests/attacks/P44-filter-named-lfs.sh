# P44 A program that calls itself Git LFS
# The filter `lfs` of this clone's configuration is another program.
#
# plain: lands
# hooks: -
# strict: -
# shadow: refused

set_up() {
	echo 'src/allowed.txt filter=lfs -text' > .gitattributes
	git add -A
	git commit -qnm 'Attributes'
	git config filter.lfs.clean "touch '$T/ran'; cat"
	git config filter.lfs.smudge "touch '$T/ran'; cat"
	rm -f "$T/ran"
}

attack() {
	good
	if [ "$MODE" != builder ]; then
		git add -A
		git commit -qm 'Fine work'
	fi
}

landed() { [ -e "$T/ran" ]; }
