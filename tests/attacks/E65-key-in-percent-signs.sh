# E65 A key in the escapes of URLs
# A key of this machine, which anybody can read again, goes into a file of the card: each character of it, and the percent signs once more.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { printf %s "$TOKEN" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%25/g'; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
