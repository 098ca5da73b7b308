# P75 A Builder that nobody trusts is measured
# The canaries are given to whoever has a role.
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
	[ ! -f .harness/config.toml ] || sed -i 's/= "manual"/= "x"/' .harness/config.toml
	printf '\n[builders.x]\nrun = ["%s"]\n' "$T/evil" >> .harness/config.toml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Tidy up'
}

looks() {
	[ "$MODE" = plain ] && return
	git harness models check x < /dev/null
}

landed() { [ -e "$T/ran" ]; }
