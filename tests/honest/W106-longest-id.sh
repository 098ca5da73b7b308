# W106 A task with the longest name
# Its trailers are folded, and every reader finds them.

long=t-1-$(printf '%060d' 0)

set_up() {
	sed "s/\"t-1\"/\"$long\"/" "$T/../plan.json" | sed 's/"t-2"/"long-2"/' > "$T/long.json"
	git harness plan import "$T/long.json" --commit > "$T/imported"
}

beside() {
	git harness exec "$long" -- sh -c 'echo good > src/allowed.txt'
	git log -1 --format=%B | awk '/^Harness|^ / && length > 72 { exit 1 }'
	[ "$(git log -1 --format='%(trailers:key=Harness-Task,valueonly,unfold)' | tr -d ' \n')" = "$long" ]
	git harness rollback "$long"
	git log -1 --format=%B | awk '/^Harness|^ / && length > 72 { exit 1 }'
	git harness exec "$long" -- sh -c 'echo good > src/allowed.txt'
}

holds() { on_main src/allowed.txt | grep -q good; }
