# W111 The task is handed in after a merge that stopped
# The merge has a conflict, which is solved and committed; after that the work goes in by submit.

set_up() {
	git checkout -qb others
	echo theirs > src/other.txt
	git commit -qam 'Theirs'
	git checkout -q main
	echo ours > src/other.txt
	git commit -qam 'Ours'
}

work() {
	! git merge others > "$T/merged" 2>&1
	good
	! git harness submit > "$T/early" 2>&1
	git checkout -q --theirs src/other.txt
	git add src/other.txt
	git commit -q --no-edit
	git harness submit
}

holds() {
	on_main src/other.txt | grep -q theirs
	[ -z "$(git status --porcelain)" ]
}
