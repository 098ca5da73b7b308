# R05 A row of the journal is taken out
# The rows before and after it are whole.
#
# plain: lands
# naive: a log of lines, from which one goes
# hooks: no effect
# strict: no effect
# shadow: no effect

naive() {
	printf 'one\ntwo\nthree\n' > "$T/log"
	sed -i 2d "$T/log"
}

attack() {
	good
	git commit -qam 'Fine work'
	sed -i 2d .git/harness/journal/*/*.jsonl
}

looks() {
	if [ "$MODE" = plain ]; then cat "$T/log"; else git harness log; fi
}

landed() { [ -s "$T/seen" ] && ! grep -qi 'damaged\|chain\|hash\|three rows' "$T/seen" && [ "$MODE" != builder ]; }
