# P77 Doctor tries a set-up that nobody trusts
# It tries what copies are made ready with.
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
	git harness doctor < /dev/null
	git harness verify < /dev/null
}

landed() { [ -e "$T/ran" ]; }
