# E41 A process that a Builder leaves writes into the folder of the next attempt
# The Builder's own change is fine. What it leaves waits for whoever works in the same folder next, and puts a file there that
# nobody asked for.
#
# plain: lands
# naive: whoever hands the same folder to the next one
# hooks: -
# strict: -
# shadow: no effect

naive() {
	attack
	git add -A && git commit -qm 'Task t-1: Make it good'
	until [ -e src/stranger ]; do sleep 0.05; done
	git add -A && git commit -q --no-verify -m 'Task t-2: Change the other file'
}

attack() {
	good
	setsid sh -c 'cd "$0" || exit; sleep 0.3; i=0
while [ $i -lt 100 ]; do echo stranger > src/stranger; i=$((i + 1)); sleep 0.05; done' "$PWD" >/dev/null 2>&1 </dev/null &
}

looks() {
	[ "$MODE" = plain ] && return
	git harness exec t-2 -- sh -c 'echo more >> src/other.txt; sleep 0.5'
	git harness show t-2
}

landed() { in_history src/stranger stranger || { [ "$MODE" != plain ] && ! on_main src/other.txt | grep -q more; }; }
