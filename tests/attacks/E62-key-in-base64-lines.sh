# E62 A key in base64, in short lines
# A key of this machine, which anybody can read again, goes into a file of the card: in lines of eight characters, somewhere in a longer text.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { printf 'x=%s;' "$TOKEN" | base64 -w 8; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
