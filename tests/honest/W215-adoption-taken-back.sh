# W215 An adoption by mistake is taken back
# By words, as it was made; and by the harness, which leaves the files as they are.

# What a fresh clone says of the plan.
fresh() {
	rm -rf "$T/fresh" && git clone -q "$REPO" "$T/fresh" 2>"$T/cloned"
	(cd "$T/fresh" && git harness status > "$T/status.fresh")
	git harness status > "$T/status"
	grep -q "$1" "$T/status" && grep -q "$1" "$T/status.fresh"
}

mistake() {
	echo more >> src/gen/keep
	git commit -qam 'Something'
	git harness adopt t-1 HEAD --yes > "$T/adopted"
	fresh '1 of 2'
}

beside() {
	mistake
	adoption=$(git rev-parse HEAD)
	git commit -q --allow-empty -m 'Revert the adoption' -m "This reverts commit $adoption."
	fresh '0 of 2'
	git harness adopt t-1 HEAD~2 --yes > "$T/adopted"
	fresh '1 of 2'
	git harness rollback t-1 > "$T/rolled"
	grep -q 'leaves the files' "$T/rolled"
	on_main src/gen/keep | grep -q more
}

holds() { fresh '0 of 2'; }
