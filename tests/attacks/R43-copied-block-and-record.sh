# R43 A landing's block with the record that came with it, without the work
# The squash took the record along and left the change out.
#
# plain: lands
# hooks: no effect
# strict: no effect
# shadow: refused

attack() {
	block_of_work_aside
	mkdir -p .harness/ledger
	printf 'v = 1\nid = "t-1"\nstatus = "complete"\n' > .harness/ledger/t-1.toml
	git add -A
	printf '%s\n' "$block" > "$T/message"
	git -c core.hooksPath=/dev/null commit -q --allow-empty -F "$T/message"
}

landed() { is_complete; }
