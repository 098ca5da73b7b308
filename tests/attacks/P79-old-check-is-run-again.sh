# P79 A check that is gone from the tip is run again
# It stood in history once, and the audit runs it with --rerun.
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
	git harness audit --rerun "$BASE.." < /dev/null
	git harness verify --landed < /dev/null
}

landed() { evil_ran; }
