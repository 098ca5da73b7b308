# S09 The card is widened where plans have to be approved
# As before, in a project that says `[approval] plan = "required"`.
#
# plain: lands
# hooks: found scope: evidence, plan-approval
# strict: found scope: evidence, plan-approval
# shadow: refused

set_up() {
	[ "$MODE" = plain ] && return
	printf '\n[approval]\nplan = "required"\n' >> .harness/config.toml
	git commit -qam 'Plans are approved'
	git harness plan approve plan --of "$(git harness plan show plan | sed -n 's/.*(as \(.*\))$/\1/p')"
}

attack() {
	sed -i 's|"src/gen/\*\*"|"src/gen/**", "src/other.txt"|' .harness/tasks/t-1.md
	git -c core.hooksPath=/dev/null commit -qam 'Plan'
	echo evil > src/other.txt
	good
	git -c core.hooksPath=/dev/null commit -qa -F - <<-EOF
		Fine work

		Harness-Task: t-1
		Harness-Attempt: 1
		Harness-Card: $(git rev-parse HEAD:.harness/tasks/t-1.md)
		Harness-Evidence: $(git rev-parse HEAD:src) 0123456789ab 1/1
		Harness-Ledger: wabcdefghijk:5 0123456789ab
	EOF
}

landed() { on_main src/other.txt | grep -q evil; }
