# P80 The name of a check that is trusted
# The command behind it is another one; whoever edits the card again agrees to nothing.
#
# plain: lands
# naive: whoever runs what the configuration in the worktree names
# hooks: no effect
# strict: no effect
# shadow: refused

naive() { attack && "$T/evil"; }

attack() { check_arrives; }

looks() {
	[ "$MODE" = plain ] && return
	git show "HEAD:.harness/tasks/t-1.md" > "$T/card"
	echo "- Be careful" >> "$T/card"
	git harness plan edit t-1 --from "$T/card" -m why < /dev/null
	git harness run < /dev/null
}

landed() { evil_ran; }
