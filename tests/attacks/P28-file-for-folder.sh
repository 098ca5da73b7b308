# P28 An allowed folder becomes a file
# `src/gen/**` allows what lies in the folder, not a file in the folder's place.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	rm -rf src/gen
	echo evil > src/gen
	git add -A
	git commit -qnm 'Fine work'
}

landed() { [ "$(mode_on_main src/gen)" = 100644 ]; }
