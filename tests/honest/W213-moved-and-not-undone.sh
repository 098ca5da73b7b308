# W213 What a task made is put elsewhere
# The message speaks of undoing something else, and the task's work is there.

# What a fresh clone says of the plan.
fresh() {
	rm -rf "$T/fresh" && git clone -q "$REPO" "$T/fresh" 2>"$T/cloned"
	(cd "$T/fresh" && git harness status > "$T/status.fresh")
	git harness status > "$T/status"
	grep -q "$1" "$T/status" && grep -q "$1" "$T/status.fresh"
}

# The check is green before, so that the task's whole work is one new file.
set_up() {
	good
	git commit -qnam 'Good already'
}

work() {
	seq 1 20 > src/gen/x.c
	git add -A
	git commit -qm 'Make it good'
	mkdir lib
	git mv src/gen/x.c lib/x.c
	git commit -qnm 'Undo the old layout'
}

beside() {
	git harness exec t-1 -- sh -c 'seq 1 20 > src/gen/x.c'
	mkdir lib
	git mv src/gen/x.c lib/y.c
	echo 21 >> lib/y.c
	git add -A
	git commit -qm 'Move it, and roll back the old layout'
}

holds() { fresh '1 of 2'; }
