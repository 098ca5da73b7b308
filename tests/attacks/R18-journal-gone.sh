# R18 The journal is thrown away
# Without a journal there is nothing that contradicts the message.
#
# plain: lands
# hooks: found scope: evidence
# strict: found scope: evidence
# shadow: refused

attack() {
	rm -rf .git/harness
	echo bad > src/allowed.txt
	git -c core.hooksPath=/dev/null commit -qa -F - <<-EOF
		Fine work

		Harness-Task: t-1
		Harness-Attempt: 1
		Harness-Card: $(git rev-parse HEAD:.harness/tasks/t-1.md)
		Harness-Evidence: $(git rev-parse 'HEAD^{tree}') 0123456789ab 1/1
		Harness-Ledger: wabcdefghijk:5 0123456789ab
	EOF
}

landed() { on_main src/allowed.txt | grep -q bad; }
