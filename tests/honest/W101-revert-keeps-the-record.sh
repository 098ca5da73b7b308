# W101 A plain revert, and later a commit of the harness
# The record is there again, and says what happened.

more() {
	sed 's/t-1/m-1/; s/t-2/m-2/g; s/t-1/m-1/' "$T/../plan.json" > "$T/more.json"
	git harness plan import "$T/more.json" --commit > "$T/imported"
}

work() {
	good
	git harness submit > "$T/submitted"
	git revert --no-edit HEAD > "$T/reverted"
	more
}

beside() {
	git harness exec t-1 -- sh -c 'echo good > src/allowed.txt'
	git revert --no-edit HEAD > "$T/reverted"
	more
}

holds() { on_main .harness/ledger/t-1.toml | grep -q '^status = "reverted'; }
