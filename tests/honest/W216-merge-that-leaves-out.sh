# W216 A merge leaves a landing out
# A branch is closed by `-s ours`, or a conflict is resolved wholly to the other side; the task is open again.

# What a fresh clone says of the plan.
fresh() {
	rm -rf "$T/fresh" && git clone -q "$REPO" "$T/fresh" 2>"$T/cloned"
	(cd "$T/fresh" && git harness status > "$T/status.fresh")
	git harness status > "$T/status"
	grep -q "$1" "$T/status" && grep -q "$1" "$T/status.fresh"
}

on_a_branch() {
	git checkout -q -b feature
	good
	git commit -qam 'Make it good'
	git harness release t-1 > "$T/released" 2>&1 || true
	git checkout -q main
	fresh '0 of 2'
}

work() {
	on_a_branch
	git commit -q --allow-empty -m 'Meanwhile'
	git merge -q -s ours --no-edit feature
}

beside() {
	git harness start t-1 > "$T/started"
	on_a_branch
	echo more > src/allowed.txt
	git commit -qnam 'Meanwhile'
	if git merge -q --no-edit feature > "$T/out" 2>&1; then return 1; fi
	git checkout -q --ours src/allowed.txt
	git add -A
	git commit -qn --no-edit
}

holds() {
	on_main src/allowed.txt | grep -qv good
	fresh '0 of 2'
}
