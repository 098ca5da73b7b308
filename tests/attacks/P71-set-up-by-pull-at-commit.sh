# P71 Set-up that arrives before a commit
# A card is open; a pull brings a set-up command, which has the network, and the commit would be verified with it.
#
# plain: lands
# naive: whoever runs what the configuration in the worktree names
# hooks: no effect
# strict: no effect
# shadow: refused

naive() {
	attack
	"$T/evil"
}

attack() {
	marking_script "$T/evil"
	mkdir -p .harness
	printf '\n[slot]\nsetup = ["%s"]\n' "$T/evil" >> .harness/config.toml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Tidy up'
}

looks() {
	[ "$MODE" = plain ] && return
	good
	git commit -qam 'Make it good'
}

landed() { [ -e "$T/ran" ]; }
