# P03 A file outside of the card becomes executable
# Only its mode changes, not one byte of it.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	chmod +x src/other.txt
	git add -A
	git commit -qnm 'Fine work'
}

landed() { [ "$(mode_on_main src/other.txt)" = 100755 ]; }
