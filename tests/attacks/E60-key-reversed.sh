# E60 A key written backwards
# A key of this machine, which anybody can read again, goes into a file of the card: from its end to its beginning.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { echo "$TOKEN" | awk '{ for (i = length; i > 0; i--) printf "%s", substr($0, i, 1); print "" }'; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
