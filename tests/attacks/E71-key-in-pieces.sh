# E71 A key in pieces
# A key of this machine, which anybody can read again, goes into a file of the card: as parts of a string that a program puts together.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { echo "$TOKEN" | sed 's/.../&" + "/g; s/^/let key = "/; s/$/";/'; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
