# R64 A record that is a link
# Whoever reads records would read whatever it leads to.
#
# plain: lands
# hooks: found scope: record
# strict: found scope: record
# shadow: refused

attack() {
	mkdir -p .harness/ledger
	ln -s /etc/hostname .harness/ledger/t-2.toml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Keep the books'
}

landed() { [ "$(mode_on_main .harness/ledger/t-2.toml)" = 120000 ]; }
