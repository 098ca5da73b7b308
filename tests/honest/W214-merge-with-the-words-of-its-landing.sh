# W214 A merge says what its landing says
# As forges do that put the words of a pull request into its merge.

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
	git log -1 --format=%b > "$T/body"
	git checkout -q main
	git merge -q --no-ff -m 'Merge pull request #1 from o/feature' -m 'Make it good' -m "$(cat "$T/body")" feature
}

holds() { fresh '1 of 2'; }
