# P71 Set-up that arrives before a commit
# A card is open; a pull brings a set-up command, which has the network, and the commit would be verified with it.
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
	good
	git commit -qam 'Make it good'
}

landed() { evil_ran; }
