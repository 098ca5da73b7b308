# W210 A landing is rolled back whose file has another name by now
# And a whole folder has; the task is open again, here and in a fresh clone.

# What a fresh clone says of the plan.
fresh() {
	rm -rf "$T/fresh" && git clone -q "$REPO" "$T/fresh" 2>"$T/cloned"
	(cd "$T/fresh" && git harness status > "$T/status.fresh")
	git harness status > "$T/status"
	grep -q "$1" "$T/status" && grep -q "$1" "$T/status.fresh"
}

work() {
	good
	git harness submit > "$T/submitted"
	git mv src/allowed.txt src/better.txt
	git commit -qm 'Another name'
	git harness rollback t-1 > "$T/rolled"
	grep -q start src/better.txt
}

beside() {
	git harness exec t-1 -- sh -c 'echo good > src/allowed.txt'
	git mv src lib
	git commit -qm 'Another folder'
	git harness rollback t-1 > "$T/rolled"
	grep -q start lib/allowed.txt
}

holds() { fresh '0 of 2'; }
