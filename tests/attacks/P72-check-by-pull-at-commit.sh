# P72 A check that arrives before a commit
# A card is open; a pull has a check join every card.
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
	[ ! -f .harness/config.toml ] || sed -i 's/^\[checks\]$/&\nalways = ["evil"]/' .harness/config.toml
	printf '\n[checks.evil]\nrun = "%s"\n' "$T/evil" >> .harness/config.toml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Tidy up'
}

looks() {
	[ "$MODE" = plain ] && return
	good
	git commit -qam 'Make it good'
}

landed() { [ -e "$T/ran" ]; }
