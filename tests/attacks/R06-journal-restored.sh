# R06 The journal of yesterday
# A copy is put back: its chain is whole, and what happened since did not.
#
# plain: lands
# hooks: found recorded: ledger
# strict: found recorded: ledger
# shadow: no effect

attack() {
	mkdir -p "$T/copy"
	cp -R .git/harness/. "$T/copy" 2>/dev/null
	good
	git commit -qam 'Fine work'
	rm -rf .git/harness/journal
	cp -R "$T/copy/." .git/harness/ 2>/dev/null
}

# Work is on the branch of which the journal knows nothing.
landed() { on_main src/allowed.txt | grep -q good && ! grep -rqs '"accepted"' "$REPO/.git/harness/journal"; }
