# P73 A check that arrives before the work is handed in
# The same by submit.
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
	good
	git harness submit < /dev/null
}

landed() { evil_ran; }
