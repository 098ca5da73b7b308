# W10 Unrelated work is rebased
# A person's own branch, with no task open.

beside() {
	git checkout -qb mine
	echo mine > src/other.txt
	git commit -qam 'Mine'
	git checkout -q main
	echo '# More' >> AGENTS.md
	git commit -qam 'Theirs'
	git checkout -q mine
	git rebase -q main
	git checkout -q main
	git merge -q --ff-only mine
}

holds() { on_main src/other.txt | grep -q mine; }
