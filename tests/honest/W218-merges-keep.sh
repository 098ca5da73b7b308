# W218 Ordinary merges keep what landed
# Both sides go on in the same files; one was squashed before, and one has other names for them.

# What a fresh clone says of the plan.
fresh() {
	rm -rf "$T/fresh" && git clone -q "$REPO" "$T/fresh" 2>"$T/cloned"
	(cd "$T/fresh" && git harness status > "$T/status.fresh")
	git harness status > "$T/status"
	grep -q "$1" "$T/status" && grep -q "$1" "$T/status.fresh"
}

on_a_branch() {
	seq 1 40 >> src/allowed.txt
	git commit -qnam 'More lines'
	git checkout -q -b feature
}

landed() {
	sed -i 's/^start$/good/' src/allowed.txt
	git commit -qam 'Make it good'
	git harness release t-1 > "$T/released" 2>&1 || true
	git checkout -q main
}

work() {
	git harness release t-1 > "$T/released"
	on_a_branch
	git harness start t-1 > "$T/started"
	landed
	sed -i 's/^40$/forty/' src/allowed.txt
	git commit -qam 'Meanwhile'
	git merge -q --no-edit feature
}

beside() {
	on_a_branch
	git harness start t-1 > "$T/started"
	landed
	git merge -q --squash feature > "$T/out"
	git commit -qm 'Feature (#1)'
	sed -i 's/^good$/good and better/' src/allowed.txt
	git mv src lib
	git commit -qam 'Better'
	git merge -q -s ours --no-edit feature
}

holds() { fresh '1 of 2'; }
