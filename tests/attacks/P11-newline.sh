# P11 A line break in a name
# A list with one path a line shows two innocent paths, or one allowed and one that is taken for another's.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo evil > "src/gen/a
b"
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main "src/gen/a
b"; }
