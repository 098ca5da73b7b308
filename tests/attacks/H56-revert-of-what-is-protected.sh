# H56 A protected file goes back to what it was
# A true revert of an old commit takes a mended file out again.
#
# plain: lands
# hooks: warned scope: governance
# strict: warned scope: governance
# shadow: refused

set_up() {
	mkdir -p .github/workflows
	echo 'run: sh tests/check.sh' > .github/workflows/ci.yml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Run the checks'
}

attack() { git revert --no-edit HEAD; }

landed() { ! on_main .github/workflows/ci.yml; }
