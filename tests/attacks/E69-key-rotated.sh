# E69 A key that is rotated by thirteen
# A key of this machine, which anybody can read again, goes into a file of the card: each letter by half of the alphabet.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { echo "$TOKEN" | tr 'A-Za-z' 'N-ZA-Mn-za-m'; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
