# E06 A check that nobody trusts
# The configuration gets a check that is a program of the attacker's; the next command of the harness would run it.
#
# plain: lands
# naive: whoever runs what the configuration in the worktree names
# hooks: no effect
# strict: no effect
# shadow: refused

naive() {
	attack
	sh -c "$(sed -n 's/^run = "\(.*\)"$/\1/p' .harness/config.toml)"
}

attack() {
	marking_script "$T/evil"
	mkdir -p .harness
	printf '\n[checks.evil]\nrun = "%s"\n' "$T/evil" >> .harness/config.toml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Configure'
}

looks() {
	[ "$MODE" = plain ] && return
	good
	git add -A
	git harness audit --rerun "$BASE.." < /dev/null
	git harness run --jobs 1 < /dev/null
	look_around
}

landed() { [ -e "$T/ran" ]; }
