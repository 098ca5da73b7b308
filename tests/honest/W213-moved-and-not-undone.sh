# W213 What a task made is put elsewhere
# The message speaks of undoing something else, and the task's work is there.

# What a fresh clone says of the plan.
fresh() {
	rm -rf "$T/fresh" && git clone -q "$REPO" "$T/fresh" 2>"$T/cloned"
	(cd "$T/fresh" && git harness status > "$T/status.fresh")
	git harness status > "$T/status"
	grep -q "$1" "$T/status" && grep -q "$1" "$T/status.fresh"
}

made() { seq 1 20 > src/gen/x.c; }

work() {
	good
	made
	git add -A
	git commit -qm 'Make it good'
	mkdir lib
	git mv src/gen/x.c lib/x.c
	git commit -qm 'Undo the old layout'
}

beside() {
	git harness exec t-1 -- sh -c 'seq 1 20 > src/gen/x.c; echo good > src/allowed.txt'
	mkdir lib
	git mv src/gen/x.c lib/y.c
	echo 21 >> lib/y.c
	git mv src/allowed.txt lib/allowed.txt
	git add -A
	git commit -qm 'Move it, and roll back the old layout'
}

holds() { fresh '1 of 2'; }
