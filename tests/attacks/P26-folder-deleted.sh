# P26 A whole folder outside of the card is deleted
# One removed name stands for every file below it.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	git rm -rq tests
	git commit -qanm 'Fine work'
}

landed() { ! on_main tests/check.sh; }
