# H58 A payload as the answer to a conflict
# The revert conflicts with later work, and what stands there afterwards is on neither side.
#
# plain: lands
# hooks: found scope: revert
# strict: found scope: revert
# shadow: refused

set_up() {
	echo 'more' >> src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'More'
	echo 'most' > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Most'
}

attack() {
	git -c core.hooksPath=/dev/null revert --no-edit HEAD~1
	echo evil > src/other.txt
	git add -A
	git -c core.hooksPath=/dev/null commit -q --no-edit
}

landed() { on_main src/other.txt | grep -q evil; }
