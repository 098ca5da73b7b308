# R57 A record put back after a revert, with other words
# Whoever puts it back by hand says of the work what they like.
#
# plain: lands
# hooks: found scope: record
# strict: found scope: record
# shadow: refused

put_back() {
	git -c core.hooksPath=/dev/null revert --no-edit HEAD >/dev/null
	mkdir -p .harness/ledger
	git show HEAD~1:.harness/ledger/t-1.toml 2>/dev/null | sed 's/^author = .*/author = "Somebody else"/' > .harness/ledger/t-1.toml
	echo 'author = "Somebody else"' >> .harness/ledger/t-1.toml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Put the record back'
}

attack() {
	good
	git harness submit >/dev/null
	put_back
}

naive() {
	good
	git commit -qam 'Make it good'
	put_back
}

landed() { on_main .harness/ledger/t-1.toml | grep -q 'Somebody else'; }
