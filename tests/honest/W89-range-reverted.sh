# W89 Several commits are reverted in one
# A landing and a commit beside it, taken back by hand in words of one's own.

work() {
	good
	git commit -qam 'Make it good'
	echo more >> src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Beside it'
	git revert --no-commit HEAD~2..HEAD
	git commit -qm 'Back out this morning'
	git harness status > "$T/status"
	grep -q '0 of 2' "$T/status"
}

holds() { on_main src/allowed.txt | grep -q start; }
