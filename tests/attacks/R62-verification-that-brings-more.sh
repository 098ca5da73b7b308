# R62 A verification that brings a file along
# Commits that say something of landings change nothing.
#
# plain: lands
# hooks: found scope: trailers, unrecorded
# strict: found scope: trailers, unrecorded
# shadow: refused

attack() {
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qa -F - <<-EOT
		Verify t-1 as it landed

		Harness-Verifies: t-1@$BASE
		Harness-Evidence: $(git rev-parse 'HEAD^{tree}') 0123456789ab
		Harness-Ledger: wabcdefghijk:5 0123456789ab
	EOT
}

landed() { on_main src/other.txt | grep -q evil; }
