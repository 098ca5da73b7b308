# H57 A revert of an ancestor with something more in it
# What is undone was there; another file changes besides.
#
# plain: lands
# hooks: found scope: revert
# strict: found scope: revert
# shadow: refused

attack() {
	good
	git commit -qam 'Fine work'
	git -c core.hooksPath=/dev/null revert --no-commit HEAD
	echo evil > src/other.txt
	git add -A
	git -c core.hooksPath=/dev/null commit -q --no-edit
}

landed() { on_main src/other.txt | grep -q evil; }
