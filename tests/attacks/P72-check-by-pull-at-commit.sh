# P72 A check that arrives before a commit
# A card is open; a pull has a check join every card.
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
	git commit -qam 'Make it good'
}

landed() { evil_ran; }
