# P09 Two names that differ in case
# `src/gen/KEEP` beside `src/gen/keep` is one file on some machines, and which one is luck.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo evil > src/gen/KEEP
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/gen/KEEP; }
