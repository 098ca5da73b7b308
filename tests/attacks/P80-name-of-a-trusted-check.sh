# P80 The name of a check that is trusted
# The command behind it is another one; whoever edits the card again agrees to nothing.
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
	git show "HEAD:.harness/tasks/t-1.md" > "$T/card"
	echo "- Be careful" >> "$T/card"
	git harness plan edit t-1 --from "$T/card" -m why < /dev/null
	git harness run < /dev/null
}

landed() { [ -e "$T/ran" ]; }
