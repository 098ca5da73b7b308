# R13 One commit for two tasks
# Both tasks are named, so that each allows what the other does not.
#
# plain: lands
# hooks: found scope: trailers
# strict: found scope: trailers
# shadow: refused

attack() {
	good
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work

Harness-Task: t-1
Harness-Task: t-2'
}

landed() { on_main src/other.txt | grep -q evil; }
