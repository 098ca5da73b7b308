# W217 A merge refuses a revert
# What a branch had reverted stays where it is, and so does its task.

# What a fresh clone says of the plan.
fresh() {
	rm -rf "$T/fresh" && git clone -q "$REPO" "$T/fresh" 2>"$T/cloned"
	(cd "$T/fresh" && git harness status > "$T/status.fresh")
	git harness status > "$T/status"
	grep -q "$1" "$T/status" && grep -q "$1" "$T/status.fresh"
}

work() {
	good
	git commit -qam 'Make it good'
	git checkout -q -b feature
	git revert --no-edit HEAD > "$T/reverted"
	git checkout -q main
	git merge -q -s ours --no-edit feature
	on_main src/allowed.txt | grep -q good
}

beside() {
	git harness exec t-1 -- sh -c 'echo good > src/allowed.txt'
	git checkout -q -b feature
	git revert --no-edit HEAD > "$T/reverted"
	git checkout -q main
	echo 'good, and better' > src/allowed.txt
	git commit -qam 'Better'
	if git merge -q --no-edit feature > "$T/out" 2>&1; then return 1; fi
	git checkout -q --ours src/allowed.txt
	git add -A
	git commit -qn --no-edit
	on_main src/allowed.txt | grep -q good
}

holds() { fresh '1 of 2'; }
