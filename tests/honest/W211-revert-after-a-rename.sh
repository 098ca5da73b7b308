# W211 A landing is reverted whose file has another name by now
# By git itself, and as a forge writes it, which names no commit that is here.

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
	landing=$(git rev-parse HEAD)
	git mv src/allowed.txt src/better.txt
	git commit -qm 'Another name'
	git revert --no-edit "$landing" > "$T/reverted"
	grep -q start src/better.txt
	fresh '0 of 2'
	git revert --no-edit HEAD > "$T/reverted"
	fresh '1 of 2'
	git revert --no-edit HEAD > "$T/reverted"
}

beside() {
	git harness exec t-1 -- sh -c 'echo good > src/allowed.txt'
	git mv src lib
	git commit -qm 'Another folder'
	git revert --no-edit HEAD~1 > "$T/reverted"
	git commit -q --amend -m 'Revert "Make it good" (#2)' -m 'Reverts o/r#1'
	grep -q start lib/allowed.txt
}

holds() { fresh '0 of 2'; }
