# W86 A merge is reverted, and the revert is reverted
# What it had brought is open again, and then is not.

work() {
	git checkout -q -b feature
	good
	git commit -qam 'Make it good'
	git checkout -q main
	git merge -q --no-ff -m 'Merge' feature
	git revert --no-edit -m 1 HEAD > "$T/out"
	git harness status > "$T/status"
	grep -q '0 of 2' "$T/status"
	git revert --no-edit HEAD > "$T/out"
	git harness status > "$T/status"
	grep -q '1 of 2' "$T/status"
}

holds() { on_main src/allowed.txt | grep -q good; }
