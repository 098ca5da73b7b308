# P77 Doctor tries a set-up that nobody trusts
# It tries what copies are made ready with.
#
# plain: lands
# naive: whoever runs what the configuration in the worktree names
# hooks: no effect
# strict: no effect
# shadow: refused

naive() { attack && "$T/evil"; }

attack() { set_up_arrives; }

looks() {
	[ "$MODE" = plain ] && return
	git harness doctor < /dev/null
	git harness verify < /dev/null
}

landed() { evil_ran; }
