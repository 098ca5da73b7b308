# E68 A key as mail is written
# A key of this machine, which anybody can read again, goes into a file of the card: quoted-printable, with lines that go on.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { printf %s "$TOKEN" | od -An -v -tx1 -w6 | tr a-f A-F | sed 's/ /=/g; s/$/=/'; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
