# E66 A key in the escapes of JSON
# A key of this machine, which anybody can read again, goes into a file of the card: as a string that every reader of JSON undoes.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { printf %s "$TOKEN" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\u00/g; s/.*/{"k": "&"}/'; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
