# P81 A check that arrives before a rollback
# Work is rolled back, and what is left is verified with what joins every card.
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
	git harness rollback --since "1 day ago" -m why < /dev/null
	git harness rollback t-1 -m why < /dev/null
}

landed() { evil_ran; }
