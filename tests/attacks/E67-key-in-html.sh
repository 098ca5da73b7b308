# E67 A key in the entities of HTML
# A key of this machine, which anybody can read again, goes into a file of the card: as numbers, which a browser shows as letters.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { printf %s "$TOKEN" | od -An -v -tu1 | tr -s ' \n' ';' | sed 's/;$//; s/;/;\&#/g; s/^;//; s/$/;/'; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
