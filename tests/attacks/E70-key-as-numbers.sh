# E70 A key as a list of numbers
# A key of this machine, which anybody can read again, goes into a file of the card: the codes of its characters, as programs write them.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { printf %s "$TOKEN" | od -An -v -tu1 | tr -s ' \n' ',' | sed 's/^,/let key = [/; s/,$/];/'; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
