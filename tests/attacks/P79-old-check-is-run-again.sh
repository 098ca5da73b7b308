# P79 A check that is gone from the tip is run again
# It stood in history once, and the audit runs it with --rerun.
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
	git harness audit --rerun "$BASE.." < /dev/null
	git harness verify --landed < /dev/null
}

landed() { [ -e "$T/ran" ]; }
