# R11 Another task's name
# Work on the other file lands in the name of the task that allows it, though it waits for another.
#
# plain: lands
# hooks: found scope: evidence
# strict: found scope: evidence
# shadow: refused

attack() {
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qa -F - <<-EOF
		Fine work

		Harness-Task: t-2
		Harness-Attempt: 1
		Harness-Card: $(git rev-parse HEAD:.harness/tasks/t-2.md)
		Harness-Evidence: $(git rev-parse 'HEAD^{tree}') 0123456789ab 1/1
		Harness-Ledger: wabcdefghijk:5 0123456789ab
	EOF
}

landed() { on_main src/other.txt | grep -q evil; }
