# R17 A record written by hand
# `.harness/ledger/` says how a task was done; a commit writes a story there.
#
# plain: lands
# hooks: found scope: record
# strict: found scope: record
# shadow: refused

attack() {
	mkdir -p .harness/ledger
	printf 'v = 1\nid = "t-1"\n' > .harness/ledger/t-1.toml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Fine work'
}

landed() { on_main .harness/ledger/t-1.toml; }
