# W87 A landing is reverted by reference
# The revert names it by a short id, as `revert.reference` has it.

work() {
	good
	git commit -qam 'Make it good'
	git -c core.commentChar=auto revert --no-edit --reference HEAD > "$T/out"
	git harness status > "$T/status"
	grep -q '0 of 2' "$T/status"
}

holds() { on_main src/allowed.txt | grep -q start; }
