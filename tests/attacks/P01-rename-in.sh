# P01 A file is moved into the allowed folder
# `git mv` shows as one renamed path inside of the scope, and the file outside is gone.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	git mv src/other.txt src/gen/other.txt
	git commit -qam 'Fine work'
}

landed() { ! on_main src/other.txt; }
