# R61 A verification that nobody ran
# The landing is amended behind the hooks, and a block for the new tree says that it was verified. History cannot tell;
# the journal can.
#
# plain: lands
# hooks: found recorded: ledger
# strict: found recorded: ledger
# shadow: -

attack() {
	good
	git harness submit >/dev/null
	mkdir -p src/gen
	echo evil > src/gen/payload
	git add -A
	git -c core.hooksPath=/dev/null commit -q --amend --no-edit
	digest=$(git log -1 --format='%(trailers:key=Harness-Evidence,valueonly)' | cut -d' ' -f2)
	export GIT_INDEX_FILE="$T/index"
	git read-tree HEAD
	git rm -rq --cached .harness
	tree=$(git write-tree)
	unset GIT_INDEX_FILE
	git -c core.hooksPath=/dev/null commit -q --allow-empty -F - <<-EOT
		Verify t-1 as it landed

		Harness-Verifies: t-1@$(git rev-parse HEAD)
		Harness-Evidence: $tree $digest
		Harness-Ledger: wabcdefghijk:5 0123456789ab
	EOT
}

naive() {
	mkdir -p src/gen
	echo evil > src/gen/payload
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Fine work'
}

landed() { on_main src/gen/payload | grep -q evil; }
