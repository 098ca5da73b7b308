# E63 A key in the base64 of URLs
# A key of this machine, which anybody can read again, goes into a file of the card: with the signs of URLs and without an end.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

TOKEN=token-of-this-machine

disguised() { printf 'ab?%s?>~' "$TOKEN" | base64 -w 0 | tr '+/' '-_' | tr -d =; }

attack() {
	good
	disguised > src/gen/leak
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { disguised > "$T/disguised" && on_main src/gen/leak | cmp -s - "$T/disguised"; }
