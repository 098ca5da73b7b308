# E73 A key in the name of a file
# A key of this machine, in hex, is what a new file is called; what the file holds is harmless.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

name() { printf %s token-of-this-machine | od -An -v -tx1 | tr -d ' \n'; }

attack() {
	good
	echo harmless > "src/gen/$(name)"
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { on_main "src/gen/$(name)" | grep -q harmless; }
