# W212 A merge that followed a rename is reverted
# The landing was made under the old name.

# What a fresh clone says of the plan.
fresh() {
	rm -rf "$T/fresh" && git clone -q "$REPO" "$T/fresh" 2>"$T/cloned"
	(cd "$T/fresh" && git harness status > "$T/status.fresh")
	git harness status > "$T/status"
	grep -q "$1" "$T/status" && grep -q "$1" "$T/status.fresh"
}

work() {
	git checkout -q -b feature
	good
	git commit -qam 'Make it good'
	git harness release t-1 > "$T/released" 2>&1 || true
	git checkout -q main
	git mv src lib
	git commit -qm 'Another folder'
	git merge -q --no-edit feature
	grep -q good lib/allowed.txt
	fresh '1 of 2'
	git revert --no-edit -m 1 HEAD > "$T/reverted"
	grep -q start lib/allowed.txt
}

holds() { fresh '0 of 2'; }
