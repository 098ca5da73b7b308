# R04 A row of the journal is edited
# One word of the journal is changed, so that another task was begun, and by nobody in particular.
#
# plain: lands
# naive: a log of lines, which nobody can tell was edited
# hooks: no effect
# strict: no effect
# shadow: no effect

naive() {
	echo 't-1 given to Ann' > "$T/log"
	sed -i 's/Ann/Eve/' "$T/log"
}

attack() { sed -i 's/Ann/Eve/' .git/harness/journal/*/*.jsonl; }

looks() {
	if [ "$MODE" = plain ]; then cat "$T/log"; else git harness log; fi
}

# The edited line is shown as if it were true.
landed() { grep -q Eve "$T/seen" && ! grep -qi 'damaged\|chain\|hash' "$T/seen"; }
