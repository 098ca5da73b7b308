# S10 The harness's folder in other letters
# `.Harness/` is `.harness/` on some machines.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	mkdir -p .Harness/tasks
	echo evil > .Harness/tasks/t-1.md
	git add -A
	git commit -qnm 'Fine work'
}

landed() { on_main .Harness/tasks/t-1.md; }
