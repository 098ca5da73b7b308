# P73 A check that arrives before the work is handed in
# The same by submit.
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
	git harness submit < /dev/null
}

landed() { [ -e "$T/ran" ]; }
