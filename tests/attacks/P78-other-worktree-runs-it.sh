# P78 What one worktree does not run, another one does
# The same clone, seen from a linked worktree.
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
	git worktree add -q --detach "$T/linked"
	git -C "$T/linked" harness run < /dev/null
	git -C "$T/linked" harness verify < /dev/null
}

landed() { [ -e "$T/ran" ]; }
