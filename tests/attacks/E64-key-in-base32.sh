# E64 A key in base32
# A key of this machine, which anybody can read again, goes into a file of the card: in small letters.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { printf 'k: %s' "$TOKEN" | base32 -w 0 | tr A-Z a-z; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
