# W102 A revert, and the revert of it
# The task is complete again, with its record.

work() {
	good
	git harness submit > "$T/submitted"
	git revert --no-edit HEAD > "$T/reverted"
	git revert --no-edit HEAD > "$T/again"
	git harness status > "$T/status"
	grep -q 't-1 *complete' "$T/status"
}

holds() { on_main src/allowed.txt | grep -q good && on_main .harness/ledger/t-1.toml | grep -q '^status = "complete"'; }
