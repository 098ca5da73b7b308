# P27 A folder is deleted and made again
# What the old folder held and the new one does not is gone, though no file was deleted by name.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	cp tests/check.sh "$T/check.sh" 2>/dev/null || cat tests/check.sh > src/gen/check.sh
	rm -rf src/other.txt
	mkdir src/other.txt
	echo evil > src/other.txt/inside
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main src/other.txt/inside; }
