# R75 Words about a landing over a record, a rule and a file
# What they say is true; what the commit does stands on another page.
#
# plain: lands
# hooks: found scope: record, trailers, unrecorded
# strict: found scope: record, trailers, unrecorded
# shadow: refused

attack() {
	mkdir -p .harness/ledger
	printf 'id = "t-2"\nstatus = "complete"\n' > .harness/ledger/t-2.toml
	printf '\n# Looser\n' >> .harness/config.toml
	echo evil > src/other.txt
	git add -A
	git -c core.hooksPath=/dev/null commit -q -F - <<-EOT
		Verify t-1 as it landed

		Harness-Verifies: t-1@$BASE
		Harness-Evidence: $(git rev-parse 'HEAD^{tree}') 0123456789ab
		Harness-Ledger: wabcdefghijk:5 0123456789ab
	EOT
}

landed() { on_main .harness/ledger/t-2.toml | grep -q complete; }
