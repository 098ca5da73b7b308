# P78 What one worktree does not run, another one does
# The same clone, seen from a linked worktree.
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
	git worktree add -q --detach "$T/linked"
	git -C "$T/linked" harness run < /dev/null
	git -C "$T/linked" harness verify < /dev/null
}

landed() { evil_ran; }
