# P18 Names that Windows cannot have, or takes for others
# `con.txt`, a name that ends in a dot, and a stream of another file.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo evil > src/gen/con.txt
	echo evil > src/gen/dot.
	echo evil > src/gen/keep:stream
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main src/gen/con.txt && on_main src/gen/dot. && on_main src/gen/keep:stream; }
