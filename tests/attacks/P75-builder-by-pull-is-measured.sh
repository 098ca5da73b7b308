# P75 A Builder that nobody trusts is measured
# The canaries are given to whoever has a role.
#
# plain: lands
# naive: whoever runs what the configuration in the worktree names
# hooks: no effect
# strict: no effect
# shadow: refused

naive() { attack && "$T/evil"; }

attack() { builder_arrives; }

looks() {
	[ "$MODE" = plain ] && return
	git harness models check x < /dev/null
}

landed() { evil_ran; }
