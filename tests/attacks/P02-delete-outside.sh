# P02 A file outside of the card is deleted
# A deletion changes a path as much as an edit does.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	git rm -q src/other.txt
	git commit -qanm 'Fine work'
}

landed() { ! on_main src/other.txt; }
