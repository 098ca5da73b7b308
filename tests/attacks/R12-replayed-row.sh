# R12 A true row for false work
# The task lands as it should; then its commit is replaced by one that fails, with the evidence made to fit its tree and
# the row of the journal that accepted the other.
#
# plain: lands
# hooks: found recorded: ledger
# strict: found recorded: ledger
# shadow: refused

attack() {
	good
	git commit -qam 'Fine work'
	old=$(git ls-tree HEAD | grep -v '\.harness' | git mktree)
	echo bad > src/allowed.txt
	git add -A
	tree=$(git write-tree)
	new=$(git ls-tree "$tree" | grep -v '\.harness' | git mktree)
	message=$(git log -1 --format=%B | sed "s/$old/$new/")
	commit=$(git commit-tree -p HEAD~1 -m "$message" "$tree")
	branch=$(git symbolic-ref HEAD)
	echo "$commit" > ".git/$branch"
}

landed() { on_main src/allowed.txt | grep -q bad; }
