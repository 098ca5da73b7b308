# W100 The record of a plain commit
# The next commit of the harness brings it, and says what its landing was.

more() {
	sed 's/t-1/m-1/; s/t-2/m-2/g; s/t-1/m-1/' "$T/../plan.json" > "$T/more.json"
	git harness plan import "$T/more.json" --commit > "$T/imported"
}

work() {
	good
	git commit -qam 'Make it good'
	landing=$(git rev-parse HEAD)
	more
	git show "HEAD:.harness/ledger/t-1.toml" | grep -q "^landing = \"$landing\""
}

holds() { on_main .harness/ledger/t-1.toml | grep -q '^status = "complete"'; }
